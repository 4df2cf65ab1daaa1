"""Definitions: what a portal has that settings can name; what is offered is exactly what is accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tabard.naming import plural, snake, title
from tabard.properties import Property, PropertyKind
from tabard.records import tables
from tabard.records.object_types import by_object_type
from tabard.references import ObjectRef, PropertyRef, Reference
from tabard.storage.ids import encode_global_id

if TYPE_CHECKING:
    from tabard.reader import Reader
    from tabard.work import Work

Rows = Sequence[Sequence[Any]]
Fetch = Callable[[sa.Select[Any]], Awaitable[Rows]]


@dataclass(frozen=True)
class Option:
    """Something that a setting can name. `object_types` are the record types it is of."""

    value: str
    label: str
    object_types: tuple[str, ...]


class Definitions:
    """Reads each kind of definition once, when it is first asked for."""

    def __init__(self, fetch: Fetch, properties: Mapping[str, tuple[Property, ...]]) -> None:
        self._fetch = fetch
        self._properties = properties
        self._read: dict[str, Rows] = {}

    @classmethod
    def of_work(cls, work: Work) -> Definitions:
        """What is there in the transaction."""
        records = work.registry.records
        return cls(work.fetch, {noun: record.properties for noun, record in records.items()})

    @classmethod
    def of_reader(cls, reader: Reader, properties: Mapping[str, tuple[Property, ...]]) -> Definitions:
        """What is there for a query."""

        async def fetch(statement: sa.Select[Any]) -> Rows:
            found = await reader.fetch(statement)
            return list(zip(*found.data.values(), strict=True))

        return cls(fetch, properties)

    async def options(self, reference: Reference, object_types: Sequence[str]) -> list[Option]:
        """What a setting with this reference can hold, given the record types that it is about."""
        if isinstance(reference, ObjectRef):
            return await self._objects(reference)
        if isinstance(reference, PropertyRef):
            return await self._shared(object_types, reference.kind)
        table, noun = _TABLES[reference.target]
        rows = await self._once(noun, sa.select(table.c.id, _label(table), table.c.object_type))
        return [
            Option(encode_global_id(noun, id), label, (object_type,))
            for id, label, object_type in sorted(rows, key=lambda row: (row[2], row[1], row[0]))
            if object_type in object_types
        ]

    async def custom_objects(self) -> list[Option]:
        """The custom objects of the account."""
        custom = tables.custom_object.c
        rows = await self._once("custom_object", sa.select(custom.object_type, custom.plural_label))
        return [Option(key, label, (key,)) for key, label in sorted(map(tuple, rows), key=lambda row: row[1])]

    async def _objects(self, reference: ObjectRef) -> list[Option]:
        registered = [
            Option(snake(name), title(plural(snake(name))), (snake(name),)) for name in reference.type_names
        ]
        return registered + await self.custom_objects()

    async def _shared(self, object_types: Sequence[str], kind: PropertyKind) -> list[Option]:
        """The properties of a kind that all the record types have."""
        offered = [await self._properties_of(object_type, kind) for object_type in object_types]
        shared = set.intersection(*map(set, offered)) if offered else set()
        return [
            Option(key, label, tuple(object_types))
            for key, label in (offered[0].items() if offered else ())
            if key in shared
        ]

    async def _properties_of(self, object_type: str, kind: PropertyKind) -> dict[str, str]:
        definition = tables.property_definition.c
        statement = sa.select(definition.object_type, definition.key, definition.label)
        rows = await self._once(kind.name, statement.where(definition.kind == kind.value))
        known = by_object_type(self._properties, object_type) or ()
        custom = sorted((key, label) for owner, key, label in map(tuple, rows) if owner == object_type)
        return {item.key: item.label for item in known if item.kind is kind} | dict(custom)

    async def _once(self, what: str, statement: sa.Select[Any]) -> Rows:
        if what not in self._read:
            self._read[what] = await self._fetch(statement)
        return self._read[what]


_TABLES = {"pipeline": (tables.pipeline, "pipeline"), "layout": (tables.page_layout, "page_layout")}


def _label(table: sa.Table) -> sa.Column[Any]:
    return table.c["label" if "label" in table.c else "name"]
