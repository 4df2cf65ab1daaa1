"""Shapes: how a column of raw values is completed, by the type of the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.execution.executor import invalid_return_type_error

from gateway.execution.chunks import in_chunks
from gateway.execution.columns import NOBODY, Column, Done, Everywhere, Listed, Lost, Scattered, Values
from gateway.execution.leaves import Leaf, is_null
from gateway.execution.lists import as_list, collected
from gateway.execution.places import ItemsPlace, Place, SomePlace
from gateway.execution.types import TypeNaming, TypeTest
from tabard.reads.batch import Grouped, Picked, RowBatch

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan, SelectionPlan
    from gateway.execution.run import Run


class Shape(Protocol):
    """Completes values that are waited for no more."""

    @property
    def is_nullable(self) -> bool:
        """Whether null may stay here."""

    def quick(self, raw: Values) -> Column | None:
        """The column where a look at the values' classes shows that nothing can be wrong, nor be waited for."""

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        """The column of these values; an exception among them is an error of its row."""


class Sifted:
    """The rows that have a value; what is null or an exception is dealt with."""

    __slots__ = ("lost", "rows", "values")

    def __init__(self, run: Run, raw: Values, place: Place, field: FieldPlan, is_nullable: bool) -> None:
        self.lost: Lost = set()
        self.rows: list[int] = []
        self.values: list[Any] = []
        for row, value in enumerate(raw):
            if isinstance(value, Exception):
                run.errors.add(place, row, field.nodes, value)
                self.lost.add(row)
            elif not is_null(value):
                self.rows.append(row)
                self.values.append(value)
            elif not is_nullable:
                run.errors.add(place, row, field.nodes, field.null_error())
                self.lost.add(row)


class LeafShape:
    """Scalars and enum members."""

    def __init__(self, leaf: Leaf, is_nullable: bool) -> None:
        self.is_nullable = is_nullable
        self._leaf = leaf

    def quick(self, raw: Values) -> Column | None:
        exact = self._leaf.exact(raw, is_nullable=self.is_nullable)
        return None if exact is None else Done(exact)

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        fast = self._leaf.fast(raw)
        if fast is not None and (self.is_nullable or None not in fast):
            return Done(fast)
        sifted = Sifted(run, raw, place, field, self.is_nullable)
        values: list[Any] = [None] * len(raw)
        for row, value in zip(sifted.rows, sifted.values, strict=True):
            try:
                values[row] = self._leaf.complete(value)
            except Exception as error:  # noqa: BLE001 - whatever a scalar raises is its field's error
                run.errors.add(place, row, field.nodes, error)
                sifted.lost.add(row)
        return Done(values, NOBODY if self.is_nullable else sifted.lost)


class ListShape:
    """Lists: all items of all lists are one column."""

    def __init__(self, items: Shape, is_nullable: bool) -> None:
        self.is_nullable = is_nullable
        self._items = items

    def quick(self, raw: Values) -> Column | None:
        return None

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        if isinstance(raw, Grouped):
            return self._grouped(run, raw, place, field)
        is_nullable = self._items.is_nullable
        started = [
            collected(value, is_nullable=is_nullable) if run.is_async_iterable(value) else value
            for value in raw
        ]
        return run.settled(started, lambda values: self._listed(run, values, place, field))

    def _grouped(self, run: Run, raw: Grouped, place: Place, field: FieldPlan) -> Column:
        sizes: list[int | None] = [None if group is None else len(group) for group in raw.places]
        if None in sizes and not self.is_nullable:
            return self._listed(run, list(raw), place, field)
        flat = list(chain.from_iterable(group for group in raw.places if group is not None))
        rows = raw.rows if flat == list(range(len(raw.rows))) else raw.rows.picked(flat)
        return self._cut(run, sizes, rows, NOBODY, place, field)

    def _listed(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        sifted = Sifted(run, [as_list(value, field) for value in raw], place, field, self.is_nullable)
        sizes: list[int | None] = [None] * len(raw)
        for row, value in zip(sifted.rows, sifted.values, strict=True):
            sizes[row] = len(value)
        flat = list(chain.from_iterable(sifted.values))
        return self._cut(run, sizes, flat, sifted.lost, place, field)

    def _cut(
        self, run: Run, sizes: list[int | None], flat: Values, lost: Lost, place: Place, field: FieldPlan
    ) -> Column:
        inside = ItemsPlace(place, [size or 0 for size in sizes], self._items.is_nullable)

        def completed(some: Values, where: Place) -> Column:
            return run.settled(some, lambda values: self._items.complete(run, values, where, field))

        return Listed(sizes, in_chunks(run, flat, inside, completed), self.is_nullable, lost)


class ObjectShape:
    """Objects of one type: their selection is run for all of them at once."""

    def __init__(self, type_: GraphQLObjectType, selection: SelectionPlan, is_nullable: bool) -> None:
        self.is_nullable = is_nullable
        self._type = type_
        self._selection = selection
        self._test = TypeTest(type_)

    def quick(self, raw: Values) -> Column | None:
        return None

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        if isinstance(raw, RowBatch):
            return Everywhere(run.select(self._selection, raw, place), self.is_nullable)
        if isinstance(raw, Picked) and (self.is_nullable or None not in raw.places):
            rows, batch = present(raw)
            chosen = run.select(self._selection, batch, SomePlace(place, rows))
            return Scattered(len(raw), [(rows, chosen)], self.is_nullable, NOBODY)
        if self._test.is_sure_of(raw):
            return Everywhere(run.select(self._selection, raw, place), self.is_nullable)
        sifted = Sifted(run, raw, place, field, self.is_nullable)
        tests = self._test.each(run, sifted.values, lambda row: run.info(field, place, sifted.rows[row]))
        return run.settled(tests, lambda found: self._tested(run, found, sifted, len(raw), place, field))

    def _tested(
        self, run: Run, found: Values, sifted: Sifted, size: int, place: Place, field: FieldPlan
    ) -> Column:
        rows, values = [], []
        for row, value, is_one in zip(sifted.rows, sifted.values, found, strict=True):
            if is_one and not isinstance(is_one, Exception):
                rows.append(row)
                values.append(value)
                continue
            wrong = invalid_return_type_error(self._type, value, field.details)
            run.errors.add(place, row, field.nodes, is_one if isinstance(is_one, Exception) else wrong)
            sifted.lost.add(row)
        if len(rows) == size:
            return Everywhere(run.select(self._selection, values, place), self.is_nullable)
        chosen = run.select(self._selection, values, SomePlace(place, rows))
        return Scattered(size, [(rows, chosen)], self.is_nullable, sifted.lost)


class AbstractShape:
    """Objects of an interface or a union: those of each type are a column of their own."""

    def __init__(
        self,
        type_: GraphQLAbstractType,
        shape_of: Callable[[GraphQLObjectType], ObjectShape],
        is_nullable: bool,
    ) -> None:
        self.is_nullable = is_nullable
        self._type = type_
        self._shape_of = shape_of
        self._naming = TypeNaming(type_)

    def quick(self, raw: Values) -> Column | None:
        return None

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        if isinstance(raw, RowBatch | Picked) and (column := self._batch(run, raw, place, field)):
            return column
        sifted = Sifted(run, raw, place, field, self.is_nullable)
        names = self._naming.each(run, sifted.values, lambda row: run.info(field, place, sifted.rows[row]))
        return run.settled(names, lambda found: self._named(run, found, sifted, len(raw), place, field))

    def _batch(self, run: Run, raw: RowBatch | Picked, place: Place, field: FieldPlan) -> Column | None:
        batch = raw if isinstance(raw, RowBatch) else raw.rows
        type_ = self._naming.of_rows(run.schema, batch.type)
        return None if type_ is None else self._shape_of(type_).complete(run, raw, place, field)

    def _named(
        self, run: Run, found: Values, sifted: Sifted, size: int, place: Place, field: FieldPlan
    ) -> Column:
        groups: dict[GraphQLObjectType, list[int]] = {}
        for number, name in enumerate(found):
            try:
                type_ = self._naming.type_of(run, name, sifted.values[number], field)
            except Exception as error:  # noqa: BLE001 - no valid type is the field's error
                run.errors.add(place, sifted.rows[number], field.nodes, error)
                sifted.lost.add(sifted.rows[number])
                continue
            groups.setdefault(type_, []).append(number)
        parts = []
        for type_, numbers in groups.items():
            rows = [sifted.rows[number] for number in numbers]
            inside = SomePlace(place, rows)
            values = [sifted.values[number] for number in numbers]
            # A row that is lost here stays null here, or goes up with all that is lost: never a null error.
            parts.append((rows, self._shape_of(type_).complete(run, values, inside, field)))
        return Scattered(size, parts, self.is_nullable, sifted.lost)


def present(raw: Picked) -> tuple[Sequence[int], RowBatch]:
    """The places that have a row, and the rows there."""
    places = [place for place in raw.places if place is not None]
    rows: Sequence[int] = range(len(places))
    if len(places) != len(raw):
        rows = [index for index, place in enumerate(raw.places) if place is not None]
    return rows, raw.rows.picked(places)
