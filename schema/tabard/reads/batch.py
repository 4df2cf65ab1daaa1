"""Batches: what a read gives for all parents of a level, as columns; objects are made only when asked for.

Each is a sequence with one value for each place, so that whoever does not know columns just iterates.
A column of a batch may be a batch again: a connection is rows whose `nodes` are grouped rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, final

from tabard.entities import make_objects
from tabard.texts import Texts


@final
class RowBatch(Sequence[Any]):
    """Rows of one type: each attribute a column, all of one length.

    `size` is needed only where there is no column to count.
    """

    __slots__ = ("_objects", "_size", "columns", "type")

    def __init__(self, type_: type, columns: Mapping[str, Sequence[Any]], size: int | None = None) -> None:
        self.type = type_
        self.columns = columns
        self._size = len(next(iter(columns.values()))) if size is None else size
        self._objects: list[Any] | None = None

    @property
    def objects(self) -> list[Any]:
        """The rows as objects; made once."""
        if self._objects is None:
            made: list[Any] = make_objects(self.type, list(self.columns), list(self.columns.values()))
            self._objects = made or [object.__new__(self.type) for _ in range(self._size)]
        return self._objects

    def picked(self, places: Sequence[int]) -> RowBatch:
        """The rows at these places, in this order; one may come twice."""
        if places == range(self._size):
            return self
        columns = {name: at(column, places) for name, column in self.columns.items()}
        return RowBatch(self.type, columns, len(places))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: Any) -> Any:
        return self.objects[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.objects)


@final
class Picked(Sequence[Any]):
    """One row or null for each place: `places` are indexes into `rows`."""

    __slots__ = ("places", "rows")

    def __init__(self, rows: RowBatch, places: Sequence[int | None]) -> None:
        self.rows = rows
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        place = self.places[index]
        return None if place is None else self.rows[place]

    def __iter__(self) -> Iterator[Any]:
        objects = self.rows.objects
        return (None if place is None else objects[place] for place in self.places)


@final
class Grouped(Sequence[Any]):
    """A list of rows, or null, for each place: `places` holds indexes into `rows`, such as a range, or None."""

    __slots__ = ("places", "rows")

    def __init__(self, rows: RowBatch, places: Sequence[Sequence[int] | None]) -> None:
        self.rows = rows
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        group = self.places[index]
        return None if group is None else [self.rows[place] for place in group]

    def __iter__(self) -> Iterator[Any]:
        objects = self.rows.objects
        return (None if group is None else [objects[place] for place in group] for group in self.places)


def at(column: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The column's values at these places, still a batch where it is one."""
    if type(column) is RowBatch:
        return column.picked(places)
    if type(column) is Picked:
        return Picked(column.rows, _cells_at(column.places, places))
    if type(column) is Grouped:
        return Grouped(column.rows, _cells_at(column.places, places))
    if type(column) is Texts:
        return column.at(lambda cells: _cells_at(cells, places))
    return _cells_at(column, places)


def _cells_at(cells: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    if type(places) is range and places.step == 1 and type(cells) in (list, tuple):
        return cells[places.start : places.stop]
    return list(map(cells.__getitem__, places))


def joined(groups: Iterable[Sequence[int]]) -> Sequence[int]:
    """The places of all groups, as a range where one follows the other: then columns need only be cut."""
    places = list(chain.from_iterable(groups))
    run = range(places[0], places[0] + len(places)) if places else range(0)
    return run if places == list(run) else places


def spread(column: Sequence[Any], places: Sequence[int], size: int) -> Sequence[Any]:
    """A column of `size` values: the column's at these places, null at all others; still a batch."""
    if len(places) == size:
        return column
    cells = range(len(column)) if type(column) is RowBatch else _cells(column)
    spaced: list[Any] = [None] * size
    for place, cell in zip(places, cells, strict=True):
        spaced[place] = cell
    if type(column) is Grouped:
        return Grouped(column.rows, spaced)
    if type(column) is RowBatch:
        return Picked(column, spaced)
    return Picked(column.rows, spaced) if type(column) is Picked else spaced


def _cells(column: Sequence[Any]) -> Sequence[Any]:
    return column.places if type(column) is Picked or type(column) is Grouped else column
