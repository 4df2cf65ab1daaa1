"""Columns: what a field is for all parents; filled on the way down, put together on the way up.

A column gives its completed values, and the rows whose null has to go further up: the error is recorded,
and the value is not nullable.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Protocol

from gateway.execution.rows import Build

Values = Sequence[Any]
Lost = set[int]
NOBODY: Lost = set()


class Column(Protocol):
    """A field, or the items of its lists, for all rows of a place."""

    def assembled(self) -> tuple[Values, Lost]:
        """The values, and the rows that are lost; called once, when nothing is waited for any more."""


class Done:
    """A column of leaves, or one that failed as a whole."""

    __slots__ = ("lost", "values")

    def __init__(self, values: Values, lost: Lost = NOBODY) -> None:
        self.values = values
        self.lost = lost

    def assembled(self) -> tuple[Values, Lost]:
        return self.values, self.lost


class Later:
    """A column that is waited for."""

    __slots__ = ("column",)

    column: Column

    def assembled(self) -> tuple[Values, Lost]:
        return self.column.assembled()

    def settle(self) -> None:
        """Puts it together ahead of what is around it."""
        self.column = Done(*self.column.assembled())


class Selected:
    """The objects of one type: a column for each selected field, made one dict for each object.

    `cells` are the columns' values as far as they are there; in the order of the selection, as is `add`.
    """

    __slots__ = ("_build", "_columns", "_size", "cells")

    def __init__(self, build: Build, size: int) -> None:
        self.cells: list[Values] = []
        self._build = build
        self._size = size
        self._columns: list[tuple[int, Column]] = []

    def add(self, column: Column) -> None:
        """The next field is a column, which is put together with the others unless it is whole already."""
        if type(column) is Done and not column.lost:
            self.cells.append(column.values)
            return
        self._columns.append((len(self.cells), column))
        self.cells.append(())

    def is_lost(self) -> bool:
        """Whether the field that came last takes all with it; it is put together for that."""
        if not self._columns or self._columns[-1][0] < len(self.cells) - 1:
            return False
        number, column = self._columns.pop()
        values, lost = column.assembled()
        self._columns.append((number, Done(values, lost)))
        return bool(lost)

    def whole(self) -> Column:
        """The objects, made at once where all cells are there."""
        return self if self._columns else Done(self._build(self.cells, self._size))

    def assembled(self) -> tuple[Values, Lost]:
        lost: Lost = set()
        for number, column in self._columns:
            self.cells[number], gone = column.assembled()
            lost |= gone
        rows: list[Any] = self._build(self.cells, self._size)
        for row in lost:
            rows[row] = None
        return rows, lost


class Scattered:
    """Objects at some of the rows, null at the others; `parts` are rows and the objects there."""

    __slots__ = ("_is_nullable", "_lost", "_parts", "_size")

    def __init__(
        self, size: int, parts: Sequence[tuple[Sequence[int], Column]], is_nullable: bool, lost: Lost
    ) -> None:
        self._size = size
        self._parts = parts
        self._is_nullable = is_nullable
        self._lost = lost

    def assembled(self) -> tuple[Values, Lost]:
        values: list[Any] = [None] * self._size
        lost = set(self._lost)
        for rows, column in self._parts:
            cells, gone = column.assembled()
            for row, cell in zip(rows, cells, strict=True):
                values[row] = cell
            lost.update(rows[row] for row in gone)
        return values, NOBODY if self._is_nullable else lost


class Everywhere:
    """Objects at all rows; where one is lost, null."""

    __slots__ = ("_column",)

    def __init__(self, column: Column) -> None:
        self._column = column

    def assembled(self) -> tuple[Values, Lost]:
        return self._column.assembled()[0], NOBODY


class Joined:
    """Columns one after the other."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Column]) -> None:
        self._parts = parts

    def assembled(self) -> tuple[Values, Lost]:
        values: list[Any] = []
        lost: Lost = set()
        for part in self._parts:
            cells, gone = part.assembled()
            lost.update(len(values) + row for row in gone)
            values += cells
        return values, lost


class Listed:
    """Lists, cut out of the column of all their items; `sizes` has None for a list that is null."""

    __slots__ = ("_is_nullable", "_items", "_lost", "_sizes")

    def __init__(self, sizes: Sequence[int | None], items: Column, is_nullable: bool, lost: Lost) -> None:
        self._sizes = sizes
        self._items = items
        self._is_nullable = is_nullable
        self._lost = lost

    def assembled(self) -> tuple[Values, Lost]:
        items, gone = self._items.assembled()
        flat = items if isinstance(items, list) else list(items)
        ends = list(accumulate(size or 0 for size in self._sizes))
        values: list[Any] = [
            None if size is None else flat[end - size : end]
            for size, end in zip(self._sizes, ends, strict=True)
        ]
        without = {bisect_right(ends, item) for item in gone}
        for row in without:
            values[row] = None
        return values, NOBODY if self._is_nullable else self._lost | without
