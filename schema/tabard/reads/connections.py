"""Connections: a page of rows for each parent, in one statement, whatever the number of parents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from tabard.connection import MAX_PAGE
from tabard.entities import entity_of
from tabard.reads.level import Level
from tabard.reads.listings import Listing, apart, author_listing, present
from tabard.reads.ordering import Order
from tabard.reads.pages import PAGE_ARGUMENTS, Pages, Shape
from tabard.reads.related import Via, children
from tabard.reads.tops import KEYS
from tabard.storage.statements import key_of, parameter

ONE_KEY: Final = "page_key"
# So many authors' selects are one statement: SQLite takes 500 at most, and to compile them holds up everybody.
TOGETHER: Final = MAX_PAGE


@dataclass(frozen=True)
class ConnectionRead:
    """Rows that point at the parent: `by` a column of theirs, or `via` a table between."""

    to: type
    key: str | None
    by: str | None
    via: Via | None
    order: Order
    scope: str

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        shape = Shape.of(level, self.to)
        pages = Pages(level, shape, self.scope)
        distinct = list(dict.fromkeys(keys))
        # One parent's rows need no ranking, and the index gives them in order.
        if len(distinct) == 1:
            listing = shape.once("one parent", lambda: self._listing(shape, is_single=True))
            return await pages.one("one", listing, {ONE_KEY: distinct[0]}, [None] * len(keys))
        listing = shape.once("many parents", lambda: self._listing(shape, is_single=False))
        return await pages.one("many", listing, {KEYS: distinct}, keys)

    def _listing(self, shape: Shape, *, is_single: bool) -> Listing:
        entity = shape.entity
        parent, rows = children(entity, shape.names, self.by, self.via)
        rows = present(entity, rows)
        sort, tie = self.order.sorted_columns(entity.table), entity.table.c.id
        if is_single:
            return Listing(rows.where(parent == parameter(ONE_KEY, parent.type)), sort, tie)
        return Listing(rows, sort, tie, parent)

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class ListingRead:
    """Rows that an author's function selects for a parent: `f(parent, *, arg=...) -> select of ids`.

    The order is the select's own ORDER BY. Without a function all rows of the type, in `order`.
    """

    to: type
    function: Callable[..., Any] | None
    scope: str
    order: Order = field(default_factory=Order)
    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        shape = Shape.of(level, self.to)
        if self.function is None:
            listing = shape.once("listing", lambda: self._every(shape))
            return await Pages(level, shape, self.scope).one("every", listing, {}, [None] * len(keys))
        args = {name: value for name, value in level.args.items() if name not in PAGE_ARGUMENTS}
        chosen = [await level.context.contained(level.plugin, self.function, key, **args) for key in keys]
        if len(chosen) == 1:
            return await self._chosen(Pages(level, shape, self.scope), shape, chosen[0])
        listings = [
            author_listing(shape.entity, shape.names, apart(select, number))
            for number, select in enumerate(chosen)
        ]
        parts = _parts(listings)
        if len(parts) == 1:
            return await Pages(level, shape, self.scope).several(listings)
        found: dict[int, Any] = {}
        for part in parts:
            pages = await Pages(level, shape, self.scope).several([listings[number] for number in part])
            found.update(zip(part, pages, strict=True))
        return [found[number] for number in range(len(listings))]

    def _every(self, shape: Shape) -> Listing:
        entity = entity_of(self.to)
        rows = present(entity, sa.select(*entity.columns(shape.names)))
        return Listing(rows, self.order.sorted_columns(entity.table), entity.table.c.id)

    async def _chosen(self, pages: Pages, shape: Shape, select: sa.Select[Any]) -> Sequence[Any]:
        """The page of one author's select; one like an earlier one only brings other values."""
        key = key_of(select)
        listing, first = shape.once(
            key.key, lambda: (author_listing(shape.entity, shape.names, select), key.bindparams)
        )
        given = {
            earlier.key: value.effective_value for earlier, value in zip(first, key.bindparams, strict=True)
        }
        return await pages.one(key.key, listing, {**given, **(key.params or {})}, [None])

    def child(self) -> type | None:
        return None


def _parts(listings: Sequence[Listing]) -> list[list[int]]:
    """Which of them are one statement: it sorts all alike, and a cursor is bound to the order of its own list."""
    alike: dict[str, list[int]] = {}
    for number, listing in enumerate(listings):
        alike.setdefault(listing.order, []).append(number)
    return [
        numbers[start : start + TOGETHER]
        for numbers in alike.values()
        for start in range(0, len(numbers), TOGETHER)
    ]
