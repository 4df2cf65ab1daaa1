"""Importing: CSV files into a portal, as a mapping file says."""

from tabard.importing.files import Progress
from tabard.importing.report import ImportReport
from tabard.importing.run import run_import

__all__ = ["ImportReport", "Progress", "run_import"]
