"""Rejections: the rows that are bad, with what is wrong with each."""

from tabard.importing.files import Row


class Rejections:
    """Bad rows in the order in which they were found bad. A row is one line of a file, whatever reads it."""

    def __init__(self) -> None:
        self.faults: dict[Row, list[tuple[str, str]]] = {}

    def add(self, row: Row, column: str, reason: str) -> None:
        """Notes what is wrong with a row; `column` is empty when it is the row itself."""
        faults = self.faults.setdefault(row, [])
        if (column, reason) not in faults:
            faults.append((column, reason))

    def has(self, row: Row, column: str) -> bool:
        """Whether something is wrong with this cell of a row already."""
        return any(known == column for known, _ in self.faults.get(row, ()))

    def __contains__(self, row: Row) -> bool:
        return row in self.faults

    def __len__(self) -> int:
        return len(self.faults)

    def of(self, file: str) -> list[Row]:
        """The bad rows of a file, by line."""
        return sorted((row for row in self.faults if row.file == file), key=lambda row: row.line)

    def reasons(self, files: list[str]) -> list[str]:
        """A sentence for each bad cell, by file and line."""
        return [
            f"{row.file}, line {row.line}{f', column {column!r}' if column else ''}: {reason}"
            for file in files
            for row in self.of(file)
            for column, reason in self.faults[row]
        ]
