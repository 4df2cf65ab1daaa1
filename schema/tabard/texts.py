"""Texts: a column of dates or instants that are kept as text, and read only where somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, final

Write = Callable[[Sequence[str | None]], Sequence[str | None]]


@final
class Texts(Sequence[Any]):
    """Values of `kind` as its `isoformat` writes them, or null: whoever writes them again has no work.

    To everybody else it is a sequence of the values themselves. `write` makes the texts of cells that are kept
    in another form, once somebody wants them.
    """

    __slots__ = ("_cells", "_write", "kind")

    def __init__(self, kind: type[date], cells: Sequence[str | None], write: Write | None = None) -> None:
        self.kind = kind
        self._cells = cells
        self._write = write

    @property
    def texts(self) -> Sequence[str | None]:
        """The texts of all."""
        if self._write is not None:
            self._cells, self._write = self._write(self._cells), None
        return self._cells

    def text(self, place: int) -> str | None:
        """The text of one."""
        cell = self._cells[place]
        return cell if self._write is None else self._write([cell])[0]

    def at(self, cells: Callable[[Sequence[str | None]], Sequence[str | None]]) -> Texts:
        """Some of them, as `cells` takes them out of all."""
        return Texts(self.kind, cells(self._cells), self._write)

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return self.at(lambda cells: cells[place])
        text = self.text(place)
        return None if text is None else self.kind.fromisoformat(text)

    def __iter__(self) -> Iterator[Any]:
        read = self.kind.fromisoformat
        return (None if text is None else read(text) for text in self.texts)
