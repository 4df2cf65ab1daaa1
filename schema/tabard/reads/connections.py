"""Connections: a page of rows for each parent, in one statement, whatever the number of parents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tabard.connection import Connection, Edge, Page, PageInfo
from tabard.entities import Entity, entity_of, make_objects
from tabard.naming import noun_of
from tabard.reads.level import Level
from tabard.reads.ordering import Order, beyond, order_clauses
from tabard.reads.related import PARENT, Via, children
from tabard.storage.keys import keys as keys_in

PAGE_ARGUMENTS = ("first", "after", "last", "before")
RANK, SORT = "_rank", "_sort"
SortColumns = Sequence[tuple[sa.ColumnElement[Any], bool]]


@dataclass(frozen=True)
class _Listing:
    """A select of rows not yet cut to a page, with what sorts them and what tells parents apart."""

    rows: sa.Select[Any]
    sort: SortColumns
    tie: sa.ColumnElement[Any]
    parent: sa.ColumnElement[Any] | None


@dataclass(frozen=True)
class ConnectionRead:
    """Rows that point at the parent: `by` a column of theirs, or `via` a table between."""

    to: type
    key: str | None
    by: str | None
    via: Via | None
    order: Order
    scope: str

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        pages = _Pages(level, self.to, self.scope)
        entity = entity_of(self.to)
        parent, rows = children(entity, pages.names, self.by, self.via)
        rows = _present(entity, rows.where(keys_in(parent, list(dict.fromkeys(keys)))))
        listing = _Listing(rows, self.order.sorted_columns(entity.table), entity.table.c.id, parent)
        return await pages.load([listing], keys)

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

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        pages = _Pages(level, self.to, self.scope)
        entity = entity_of(self.to)
        if self.function is None:
            rows = _present(entity, sa.select(sa.literal(0).label(PARENT), *entity.columns(pages.names)))
            listings = [_Listing(rows, self.order.sorted_columns(entity.table), entity.table.c.id, None)]
            return await pages.load(listings * len(keys), list(range(len(keys))))
        args = {name: value for name, value in level.args.items() if name not in PAGE_ARGUMENTS}
        chosen = [await level.context.contained(level.plugin, self.function, key, **args) for key in keys]
        listings = [
            _author_listing(entity, pages.names, select, number) for number, select in enumerate(chosen)
        ]
        return await pages.load(listings, list(range(len(keys))))

    def child(self) -> type | None:
        return None


def _present(entity: Entity, rows: sa.Select[Any]) -> sa.Select[Any]:
    return rows.where(entity.table.c.archived_at.is_(None)) if "archived_at" in entity.table.c else rows


def _author_listing(entity: Entity, names: list[str], select: sa.Select[Any], number: int) -> _Listing:
    clauses = [_direction(clause) for clause in select._order_by_clauses]
    id_column = next(iter(select.selected_columns))
    inner = (
        select.with_only_columns(
            id_column.label("_id"),
            *(element.label(f"{SORT}{place}") for place, (element, _) in enumerate(clauses)),
            maintain_column_froms=True,
        )
        .order_by(None)
        .subquery()
    )
    sort = [(inner.c[f"{SORT}{place}"], descends) for place, (_, descends) in enumerate(clauses)]
    joined = inner.join(entity.table, entity.table.c.id == inner.c["_id"])
    rows = sa.select(sa.literal(number).label(PARENT), *entity.columns(names)).select_from(joined)
    return _Listing(_present(entity, rows), sort, entity.table.c.id, None)


def _direction(clause: Any) -> tuple[sa.ColumnElement[Any], bool]:
    descends = False
    while isinstance(clause, sa.UnaryExpression) and clause.modifier is not None:
        descends = descends or clause.modifier is sa.sql.operators.desc_op
        clause = clause.element
    return clause, descends


class _Pages:
    """Cuts listings to the page that the query asks for and makes connections of the rows."""

    def __init__(self, level: Level, to: type, scope: str) -> None:
        connection, edge = f"{to.__name__}Connection", f"{to.__name__}Edge"
        nodes = level.selection.below(connection, "nodes")
        edges = level.selection.below(connection, "edges").below(edge, "node")
        self._level = level
        self._entity = entity_of(to)
        self._page = Page.from_arguments(dict(level.args))
        self._wants_rows = level.selection.selects(connection, "nodes", "edges", "pageInfo")
        self._wants_count = level.selection.selects(connection, "totalCount")
        arguments = sorted(
            (name, repr(value)) for name, value in level.args.items() if name not in PAGE_ARGUMENTS
        )
        self._scope = f"{level.context.viewer.portal_id}|{scope}|{noun_of(to)}|{arguments}"
        self.names = sorted(level.attributes(nodes, to) | level.attributes(edges, to))

    async def load(self, listings: list[_Listing], keys: list[Any]) -> list[Any]:
        rows = await self._rows(listings) if self._wants_rows else {}
        counts = await self._counts(listings) if self._wants_count else {}
        return [self._connection(rows.get(key, ([], [])), counts.get(key, 0)) for key in keys]

    async def _rows(self, listings: list[_Listing]) -> dict[Any, tuple[list[Any], list[list[Any]]]]:
        page, sorts = self._page, len(listings[0].sort)
        values = None
        if page.cursor is not None:
            values = self._level.context.graph.cursors.decode(self._scope, page.cursor, sorts + 1)
        found = await self._level.context.reader.fetch(
            _one_statement([self._cut(item, values) for item in listings])
        )
        objects = self._entity.objects(self.names, dict(found.data))
        places = list(zip(*(found[f"{SORT}{place}"] for place in range(sorts)), found["id"], strict=True))
        grouped: dict[Any, tuple[list[Any], list[list[Any]]]] = defaultdict(lambda: ([], []))
        for key, item, place in zip(found[PARENT], objects, places, strict=True):
            items, item_places = grouped[key]
            items.append(item)
            item_places.append(list(place))
        return grouped

    def _cut(self, listing: _Listing, values: list[Any] | None) -> sa.Select[Any]:
        backward, limit = self._page.is_backward, self._page.size + 1
        labels = [column.label(f"{SORT}{place}") for place, (column, _) in enumerate(listing.sort)]
        rows = listing.rows.add_columns(*labels)
        if values is not None:
            rows = rows.where(beyond(listing.sort, listing.tie, values, is_backward=backward))
        order = order_clauses(listing.sort, listing.tie, is_backward=backward)
        if listing.parent is None:
            return rows.order_by(*order).limit(limit)
        rank = sa.func.row_number().over(partition_by=listing.parent, order_by=order).label(RANK)
        ranked = rows.add_columns(rank).subquery()
        return sa.select(ranked).where(ranked.c[RANK] <= limit).order_by(ranked.c[RANK])

    async def _counts(self, listings: list[_Listing]) -> dict[Any, int]:
        counted = []
        for listing in listings:
            rows = listing.rows.subquery()
            count = sa.select(rows.c[PARENT].label(PARENT), sa.func.count().label("count"))
            counted.append(count.group_by(rows.c[PARENT]))
        found = await self._level.context.reader.fetch(_one_statement(counted), is_bounded=False)
        return dict(zip(found[PARENT], found["count"], strict=True))

    def _connection(self, rows: tuple[list[Any], list[list[Any]]], count: int) -> Any:
        items, places = rows
        size, backward = self._page.size, self._page.is_backward
        has_more = len(items) > size
        items, places = items[:size], places[:size]
        if backward:
            items, places = items[::-1], places[::-1]
        encode = self._level.context.graph.cursors.encode
        wanted = self._level.selection.selects(f"{self._entity.type.__name__}Connection", "edges", "pageInfo")
        cursors = [encode(self._scope, place) for place in places] if wanted else []
        has_cursor = self._page.cursor is not None
        info = PageInfo(
            has_next_page=has_cursor if backward else has_more,
            has_previous_page=has_more if backward else has_cursor,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
        edges = make_objects(Edge, ("cursor", "node"), (cursors, items)) if cursors else []
        return Connection(edges=edges, nodes=items, page_info=info, total_count=count)


def _one_statement(selects: list[sa.Select[Any]]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    if len(selects) == 1:
        return selects[0]
    return sa.union_all(*(sa.select(select.subquery()) for select in selects))
