"""Rejects: the file of bad rows, with their reasons, that can be mended and imported again."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabard.errors import BadCell, ImportRefused
from tabard.importing.files import CsvFile, FileFormat, Progress, Row

FILE, LINE, COLUMN, REASON, REST = (
    f"rejected_{what}" for what in ("file", "line", "column", "reason", "rest")
)
OWN = (FILE, LINE, COLUMN, REASON, REST)
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Rejected:
    """A bad row with the header of its file, and what is wrong with it: columns and reasons."""

    row: Row
    header: Sequence[str]
    faults: Sequence[tuple[str, str]]


def write_rejects(path: Path, rejected: Sequence[Rejected]) -> None:
    """Writes bad rows: what is wrong first, then their cells under the columns of all the files they are from.

    Without bad rows nothing is written, unless the file is there: then it no longer lists any.
    """
    if not rejected and not path.exists():
        return
    named = dict.fromkeys(name for bad in rejected for name in distinct(bad.header))
    columns = [name for name in named if name not in OWN]
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([*OWN, *columns])
            for bad in rejected:
                cells = dict(zip(distinct(bad.header), bad.row.cells, strict=True))
                writer.writerow([*_own(bad), *(cells.get(name, "") for name in columns)])
    except OSError as error:
        raise ImportRefused(
            f"nothing was imported; the rejected rows cannot be written to {path}: {error.strerror or error}"
        ) from error


def _own(bad: Rejected) -> list[str]:
    columns = ", ".join(dict.fromkeys(column for column, _ in bad.faults if column))
    reasons = "; ".join(dict.fromkeys(f"{column} {reason}".strip() for column, reason in bad.faults))
    return [bad.row.file, str(bad.row.line), columns, reasons, bad.row.rest]


def distinct(header: Sequence[str]) -> list[str]:
    """A header without repeated names; the mapping uses none of those that get a number."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def is_rejects_file(path: Path) -> bool:
    """Whether this is a file, which then should be one of rejected rows."""
    return path.is_file()


class RejectedRows:
    """A file that `write_rejects` wrote and a person mended; raises ImportRefused for any other."""

    def __init__(self, path: Path) -> None:
        self.rows: dict[str, list[Row]] = {}
        try:
            file = CsvFile(path, FileFormat(path.name, delimiter=_delimiter(path)))
            self.header = _checked(file.header)
            for row in file.rows(lambda step, done, total: None):
                self._add(row)
        except (BadCell, OSError) as error:
            raise ImportRefused(f"{path} {error}") from error

    def _add(self, row: Row) -> None:
        own = dict(zip(self.header, row.cells, strict=True))
        if row.problem or not own[LINE].isdecimal():
            raise BadCell(f"line {row.line}: {row.problem or f'{own[LINE]!r} is no line number in {LINE}'}")
        problem = (
            f"it is still as it was rejected: move {REST} to its column, then empty it"
            if own.get(REST)
            else None
        )
        found = Row(own[FILE], int(own[LINE]), row.cells, problem, own.get(REST, ""))
        self.rows.setdefault(own[FILE], []).append(found)

    def of(self, name: str) -> "RejectedFile":
        """The rows that came from a file."""
        return RejectedFile(name, self.header, self.rows.get(name, []))


@dataclass(frozen=True)
class RejectedFile:
    """The mended rows of one file. `header` has the columns of all files that rows were rejected from."""

    name: str
    header: list[str]
    found: list[Row]

    @property
    def has_rows(self) -> bool:
        """Whether rows came from this file."""
        return bool(self.found)

    def rows(self, progress: Progress) -> Iterator[Row]:
        """The rows, with the lines that they had in the file."""
        progress(f"Reading {self.name}", len(self.found), len(self.found))
        yield from self.found


def _checked(header: list[str]) -> list[str]:
    if header[:2] != [FILE, LINE]:
        raise BadCell(f"is no folder, and no file of rejected rows: its first columns are not {FILE}, {LINE}")
    return header


def _delimiter(path: Path) -> str:
    """The character behind the first column's name: spreadsheets save CSV with their country's own."""
    with path.open("rb") as stream:
        start = stream.read(len(FILE) + 8).decode("utf-8-sig", "replace")
    behind = start.replace('"', "")[len(FILE) : len(FILE) + 1]
    return behind if behind and behind in _DELIMITERS else ","
