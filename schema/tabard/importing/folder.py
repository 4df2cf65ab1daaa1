"""The folder: where an import's files are; a file of rejected rows stands for the folder that they came from."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tabard.errors import BadCell, ImportRefused
from tabard.importing.files import CsvFile, FileFormat, Progress, Row
from tabard.importing.rejects import RejectedRows, is_rejects_file

_DELIMITERS = (";", "\t", "|", ",")


class RowFile(Protocol):
    """Rows under a header."""

    @property
    def name(self) -> str: ...

    @property
    def header(self) -> list[str]: ...

    @property
    def has_rows(self) -> bool:
        """Whether there is anything below the header, as far as is known before it is read."""
        ...

    def rows(self, progress: Progress) -> Iterator[Row]:
        """The rows, each once."""
        ...


class Folder:
    """The files of an import. Opening one raises BadCell with what is wrong with it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ImportRefused(f"there is no folder {path}; name the one that holds the CSV files")
        self.path = path
        self._rejected = RejectedRows(path) if is_rejects_file(path) else None

    def open(self, format_: FileFormat) -> RowFile:
        """The file with its header read."""
        if self._rejected is not None:
            return self._rejected.of(format_.name)
        path = self.path / format_.name
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise BadCell(f"lies outside the folder {self.path}")
        try:
            return CsvFile(path, format_)
        except OSError as error:
            raise BadCell(f"cannot be read: {error.strerror or error}") from error


def missing_column(file: RowFile, column: str) -> str:
    """That a file lacks a column, and which one may be meant."""
    lacks = f"{file.name} has no column '{column}'"
    near = difflib.get_close_matches(column.casefold(), [name.casefold() for name in file.header], n=1)
    if near:
        return f"{lacks}; did you mean '{next(name for name in file.header if name.casefold() == near[0])}'?"
    if len(file.header) == 1 and (marks := [mark for mark in _DELIMITERS if mark in file.header[0]]):
        return f"{lacks}: its header is one column with {marks[0]!r} in it; is that the delimiter?"
    return f"{lacks}; it has {', '.join(file.header)}"
