"""Related rows: one row by its id, or all rows that point at a parent; no author's function at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from tabard.entities import Entity, entity_of
from tabard.reads.batch import Grouped, Picked, RowBatch
from tabard.reads.level import Level
from tabard.reads.ordering import Order
from tabard.storage.keys import keys as keys_in
from tabard.storage.statements import Prepared, parameter

PARENT: Final = "_parent"
NONE: Final = range(0)


@dataclass(frozen=True)
class Via:
    """A table between parent and child: its column that holds the parent's key, and the child's id."""

    table: sa.Table
    parent: str
    child: str
    where: tuple[sa.ColumnElement[bool], ...] = ()


@dataclass(frozen=True)
class OneRead:
    """The row of `to` whose id is the key; null when it is gone or not visible."""

    to: type
    key: str | None

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        entity = entity_of(self.to)
        prepared = level.memo.get(self.to)
        if prepared is None:
            columns = entity.columns(level.attributes(level.selection, self.to))
            rows = sa.select(*columns).where(keys_in(entity.table.c.id, parameter("keys")))
            prepared = level.memo[self.to] = Prepared(rows)
        distinct = list(dict.fromkeys(keys))
        found = (await level.context.reader.fetch(prepared, keys=distinct)).data
        places = {id: place for place, id in enumerate(found["id"])}
        batch = RowBatch(self.to, entity.values(level.attributes(level.selection, self.to), found))
        return Picked(batch, [places.get(key) for key in keys])

    def child(self) -> type | None:
        return self.to


@dataclass(frozen=True)
class ManyRead:
    """All rows of `to` that point at the parent, in order; for short lists without pages."""

    to: type
    key: str
    by: str | None
    via: Via | None
    order: Order

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        entity = entity_of(self.to)
        names = level.attributes(level.selection, self.to)
        prepared = level.memo.get(self.to)
        if prepared is None:
            prepared = level.memo[self.to] = Prepared(self._statement(entity, names))
        found = (await level.context.reader.fetch(prepared, keys=list(dict.fromkeys(keys)))).data
        places = runs(found[PARENT])
        batch = RowBatch(self.to, entity.values(names, found))
        return Grouped(batch, [places.get(key, NONE) for key in keys])

    def _statement(self, entity: Entity, names: Iterable[str]) -> sa.Select[Any]:
        parent, rows = children(entity, names, self.by, self.via)
        rows = rows.add_columns(parent.label(PARENT)).where(keys_in(parent, parameter("keys")))
        return rows.order_by(parent, *self.order.clauses(entity.table))

    def child(self) -> type | None:
        return self.to


def runs(parents: Sequence[Any]) -> dict[Any, range]:
    """Where the rows of each parent are, when those of one parent stand together."""
    found, start = {}, 0
    for parent, count in Counter(parents).items():
        found[parent] = range(start, start + count)
        start += count
    return found


def children(
    entity: Entity, names: Iterable[str], by: str | None, via: Via | None
) -> tuple[sa.ColumnElement[Any], sa.Select[Any]]:
    """The column that holds the parent's key, and the select of the entity's columns that goes with it."""
    columns = entity.columns(names)
    if via is None:
        assert by is not None, "a relation needs `by` or `via`"
        parent: sa.ColumnElement[Any] = entity.table.c[by]
        return parent, sa.select(*columns)
    parent = via.table.c[via.parent]
    joined = via.table.join(entity.table, entity.table.c.id == via.table.c[via.child])
    return parent, sa.select(*columns).select_from(joined).where(*via.where)
