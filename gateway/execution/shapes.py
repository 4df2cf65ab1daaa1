"""Shapes: how a column of raw values is completed, by the type of the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.execution.executor import invalid_return_type_error

from gateway.execution.chunks import in_chunks, is_long
from gateway.execution.columns import NOBODY, Column, Done, Everywhere, Listed, Lost, Scattered, Values
from gateway.execution.leaves import Leaf, is_null
from gateway.execution.lists import as_list, collected
from gateway.execution.places import ItemsPlace, Place, SomePlace
from gateway.execution.types import TypeNaming, TypeTest
from tabard.reads.batch import Grouped, Picked, RowBatch, joined

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan, SelectionPlan
    from gateway.execution.run import Run


class Shape(Protocol):
    """Completes values that are waited for no more."""

    @property
    def is_nullable(self) -> bool:
        """Whether null may stay here."""

    def quick(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column | None:
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
        self.exact = leaf.exact(is_nullable=is_nullable)
        self._leaf = leaf

    def quick(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column | None:
        exact = self.exact(raw)
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
        self._usual = {list, type(None)} if is_nullable else {list}

    def quick(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column | None:
        if type(raw) is Grouped:
            return self._grouped(run, raw, place, field)
        if not self._usual.issuperset(map(type, raw)):
            return None
        sizes = [None if value is None else len(value) for value in raw]
        return self._cut(run, sizes, list(chain.from_iterable(filter(None, raw))), NOBODY, place, field)

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        is_nullable = self._items.is_nullable
        started = [
            collected(value, is_nullable=is_nullable) if run.is_async_iterable(value) else value
            for value in raw
        ]
        return run.settled(started, lambda values: self._listed(run, values, place, field))

    def _grouped(self, run: Run, raw: Grouped, place: Place, field: FieldPlan) -> Column | None:
        if None in raw.places and not self.is_nullable:
            return None
        sizes = [None if group is None else len(group) for group in raw.places]
        rows = raw.rows.picked(joined(filter(None, raw.places)))
        return self._cut(run, sizes, rows, NOBODY, place, field)

    def _listed(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        sifted = Sifted(run, [as_list(value, field) for value in raw], place, field, self.is_nullable)
        sizes: list[int | None] = [None] * len(raw)
        for row, value in zip(sifted.rows, sifted.values, strict=True):
            sizes[row] = len(value)
        flat = list(chain.from_iterable(sifted.values))
        return self._cut(run, sizes, flat, sifted.lost, place, field)

    def _cut(
        self, run: Run, sizes: Sequence[int | None], flat: Values, lost: Lost, place: Place, field: FieldPlan
    ) -> Column:
        inside = ItemsPlace(place, sizes, self._items.is_nullable)
        if run.is_awaited and is_long(flat):
            items = in_chunks(run, flat, inside, lambda some, at: run.shaped(self._items, some, at, field))
        else:
            items = run.shaped(self._items, flat, inside, field)
        listed = Listed(sizes, items, self.is_nullable, lost)
        # What is whole is cut at once, so that what is around it can be whole too.
        return Done(*listed.assembled()) if type(items) is Done else listed


class ObjectShape:
    """Objects of one type: their selection is run for all of them at once."""

    def __init__(self, type_: GraphQLObjectType, selection: SelectionPlan, is_nullable: bool) -> None:
        self.is_nullable = is_nullable
        self._type = type_
        self._selection = selection
        self._test = TypeTest(type_)

    def quick(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column | None:
        if type(raw) is Picked:
            return self._picked(run, raw, place)
        if type(raw) is RowBatch or self._test.is_sure_of(raw):
            return self._everywhere(run, raw, place)
        return None

    def _everywhere(self, run: Run, raw: Values, place: Place) -> Column:
        column = run.select(self._selection, raw, place)
        return Everywhere(column) if self.is_nullable and type(column) is not Done else column

    def _picked(self, run: Run, raw: Picked, place: Place) -> Column | None:
        if None in raw.places and not self.is_nullable:
            return None
        rows, places = present(raw)
        is_shared = self._selection.is_flat and len(raw.rows) <= len(places)
        some = Picked(raw.rows, places) if is_shared else raw.rows.picked(places)
        chosen = run.select(self._selection, some, SomePlace(place, rows))
        return Scattered(len(raw), [(rows, chosen)], self.is_nullable, NOBODY)

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
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
            return self._everywhere(run, values, place)
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

    def quick(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column | None:
        """Rows of a batch are all of one type."""
        batch = raw.rows if type(raw) is Picked else raw
        if type(batch) is not RowBatch:
            return None
        type_ = self._naming.of_rows(run.schema, batch.type)
        if type_ is None or self._naming.denial(run, type_) is not None:
            return None
        return self._shape_of(type_).quick(run, raw, place, field)

    def complete(self, run: Run, raw: Values, place: Place, field: FieldPlan) -> Column:
        sifted = Sifted(run, raw, place, field, self.is_nullable)
        names = self._naming.each(run, sifted.values, lambda row: run.info(field, place, sifted.rows[row]))
        return run.settled(names, lambda found: self._named(run, found, sifted, len(raw), place, field))

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
            denial = self._naming.denial(run, type_)
            values = [sifted.values[number] if denial is None else denial for number in numbers]
            # A row that is lost here stays null here, or goes up with all that is lost: never a null error.
            parts.append((rows, run.plain(self._shape_of(type_), values, inside, field)))
        return Scattered(size, parts, self.is_nullable, sifted.lost)


def present(raw: Picked) -> tuple[Sequence[int], Sequence[int]]:
    """The rows that are not null, and the places of what is there."""
    places = [place for place in raw.places if place is not None]
    if len(places) == len(raw):
        return range(len(raw)), places
    return [row for row, place in enumerate(raw.places) if place is not None], places
