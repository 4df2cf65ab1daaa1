"""Files: CSV as it comes, row by row, each with its line; what cannot be read is a row with a problem."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from tabard.errors import BadCell
from tabard.importing.values import shown

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is of it."""

ROWS_BETWEEN_REPORTS = 500
_UNREADABLE = re.compile("[\x00\udc80-\udcff]")
_REASONS = {
    "unexpected end of data": "a quoted cell is opened and never closed",
    "field larger": "a cell is longer than 131,072 characters; perhaps a quote is not closed",
    "expected after": "text follows the closing quote of a cell",
}


@dataclass(frozen=True)
class FileFormat:
    """How a file is written. `header` names the columns of a file that does not."""

    name: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Row:
    """A row and the line on which it begins.

    `problem` says what is wrong with the row itself, and `rest` is the text that is no cell of a column.
    """

    file: str
    line: int
    cells: list[str]
    problem: str | None = None
    rest: str = ""


class CsvFile:
    """A CSV file with its header read; raises BadCell when there is none."""

    def __init__(self, path: Path, format_: FileFormat) -> None:
        self._path = path
        self._format = format_
        self.name = format_.name
        self.header = [name.strip() for name in format_.header or self._first().cells]
        if not any(self.header):
            raise BadCell("has no header: its first row should name the columns")

    @property
    def has_rows(self) -> bool:
        """That there may be rows: nobody knows before they are read."""
        return True

    def _first(self) -> Row:
        with self._opened() as (stream, _):
            first = next(self._records(stream), None)
        if first is None:
            raise BadCell("is empty: its first row should name the columns")
        if "\x00" in "".join(first.cells):
            raise BadCell("is not written in the encoding that the mapping says; perhaps it is 'utf-16'")
        if first.problem:
            raise BadCell(f"has a header that cannot be read: {first.problem}")
        return first

    def rows(self, progress: Progress) -> Iterator[Row]:
        """The rows below the header; lines without any text are left out."""
        size = self._path.stat().st_size
        with self._opened() as (stream, raw):
            records = self._records(stream)
            if not self._format.header:
                next(records)
            for count, row in enumerate(records):
                if count % ROWS_BETWEEN_REPORTS == 0:
                    progress(f"Reading {self.name}", min(raw.tell(), size), size)
                yield self._fitted(row)
        progress(f"Reading {self.name}", size, size)

    @contextmanager
    def _opened(self) -> Iterator[tuple[TextIOWrapper, IO[bytes]]]:
        encoding = self._format.encoding
        is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        with self._path.open("rb") as raw:
            name = "utf-8-sig" if is_utf8 else encoding
            yield TextIOWrapper(raw, name, errors="surrogateescape", newline=""), raw

    def _records(self, stream: TextIOWrapper) -> Iterator[Row]:
        """The rows that have text, each with what makes it unreadable."""
        taken: list[str] = []
        reader = csv.reader(_noting(stream, taken), strict=True, **self._dialect())
        while True:
            line = reader.line_num + 1
            taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(self.name, line, [], _reason(error), _mended("".join(taken)))
                continue
            except UnicodeError:
                problem = f"what follows is not {self._format.encoding} text; say the file's encoding in the mapping"
                yield Row(self.name, line, [], problem, _mended("".join(taken)))
                return
            if any(cell and not cell.isspace() for cell in cells):
                yield self._readable(Row(self.name, line, cells), "".join(taken))

    def _dialect(self) -> dict[str, Any]:
        quote = {"quotechar": self._format.quote} if self._format.quote else {"quoting": csv.QUOTE_NONE}
        return {"delimiter": self._format.delimiter, **quote}

    def _readable(self, row: Row, text: str) -> Row:
        if _UNREADABLE.search(text) is None:
            return row
        number, cell = next(
            (n, cell) for n, cell in enumerate(row.cells, start=1) if _UNREADABLE.search(cell)
        )
        wrong = "a NUL character" if "\x00" in cell else f"bytes that are not {self._format.encoding} text"
        row.problem = f"the cell {number}, {shown(_mended(cell))}, holds {wrong}"
        row.cells = [_mended(cell) for cell in row.cells]
        return row

    def _fitted(self, row: Row) -> Row:
        """The row with exactly one cell for each column."""
        width, found = len(self.header), len(row.cells)
        if row.problem is None and found != width:
            row.problem = f"the row has {found} cells, the header has {width}"
            row.rest = self._format.delimiter.join(row.cells[width:]) or f"{width - found} cells were missing"
        row.cells = [*row.cells[:width], *[""] * (width - found)]
        return row


def _noting(stream: TextIOWrapper, taken: list[str]) -> Iterator[str]:
    for line in stream:
        taken.append(line)
        yield line


def _mended(text: str) -> str:
    return _UNREADABLE.sub("\ufffd", text)


def _reason(error: csv.Error) -> str:
    return next((reason for mark, reason in _REASONS.items() if mark in str(error)), str(error))
