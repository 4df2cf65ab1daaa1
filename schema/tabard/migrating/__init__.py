"""Migrating: bringing a database to the tables of the core and of the installed plugins."""

from tabard.migrating.history import History
from tabard.migrating.migration import Migration
from tabard.migrating.migrations import Migrations
from tabard.migrating.security import secure

__all__ = ["History", "Migration", "Migrations", "secure"]
