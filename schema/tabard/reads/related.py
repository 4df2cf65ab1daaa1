"""Related rows: one row by its id, or all rows that point at a parent; no author's function at all."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tabard.entities import Entity, entity_of
from tabard.reads.level import Level
from tabard.reads.ordering import Order
from tabard.storage.keys import keys as keys_in

PARENT = "_parent"


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

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        entity = entity_of(self.to)
        names = sorted(level.attributes(level.selection, self.to))
        columns = entity.columns(names)
        distinct = list(dict.fromkeys(keys))
        found = await level.context.reader.fetch(
            sa.select(*columns).where(keys_in(entity.table.c.id, distinct))
        )
        objects = entity.objects(names, dict(found.data))
        by_id = dict(zip(found["id"], objects, strict=True))
        return [by_id.get(key) for key in keys]

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

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        entity = entity_of(self.to)
        names = sorted(level.attributes(level.selection, self.to))
        parent, statement = children(entity, names, self.by, self.via)
        statement = statement.where(keys_in(parent, list(dict.fromkeys(keys))))
        found = await level.context.reader.fetch(statement.order_by(*self.order.clauses(entity.table)))
        grouped: dict[Any, list[Any]] = defaultdict(list)
        objects = entity.objects(names, dict(found.data))
        for key, item in zip(found[PARENT], objects, strict=True):
            grouped[key].append(item)
        return [grouped.get(key, []) for key in keys]

    def child(self) -> type | None:
        return self.to


def children(
    entity: Entity, names: list[str], by: str | None, via: Via | None
) -> tuple[sa.ColumnElement[Any], sa.Select[Any]]:
    """The column that holds the parent's key, and the select of the entity's columns beside it."""
    columns = entity.columns(names)
    if via is None:
        assert by is not None, "a relation needs `by` or `via`"
        parent: sa.ColumnElement[Any] = entity.table.c[by]
        return parent, sa.select(parent.label(PARENT), *columns)
    parent = via.table.c[via.parent]
    joined = via.table.join(entity.table, entity.table.c.id == via.table.c[via.child])
    return parent, sa.select(parent.label(PARENT), *columns).select_from(joined).where(*via.where)
