"""Changes of records: create, update, move; each with history, audit entry and event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from tabard.contributions import RecordContribution
from tabard.entities import entity_of
from tabard.errors import Fault
from tabard.naming import noun_of
from tabard.nouns.people import User
from tabard.nouns.pipelines import Stage
from tabard.nouns.property_values import plain_value
from tabard.properties import PropertyKind
from tabard.records import tables
from tabard.records.entries import Change, as_changes, write_entry, write_history
from tabard.records.values import Place, as_columns, as_value_row, changed, check
from tabard.storage.ids import encode_global_id
from tabard.storage.keys import keys as keys_in
from tabard.storage.statements import Prepared, parameter
from tabard.work import Work, not_found, stale

READ_ONLY = frozenset({"created_at", "updated_at", "last_activity_at"})
_PIPELINE: Final = Prepared(
    sa.select(tables.pipeline.c.object_type).where(
        tables.pipeline.c.id == parameter("id", tables.pipeline.c.id.type)
    )
)


@dataclass(frozen=True)
class Given:
    """A property as a client gave it: its kind follows from the value; None clears it."""

    key: str
    kind: PropertyKind | None
    value: Any
    place: Place


@dataclass(frozen=True)
class _Target:
    """A property that exists: a column's (`attribute`) or a custom one's (`property_id`)."""

    kind: PropertyKind
    attribute: str | None = None
    property_id: int | None = None
    options: tuple[str, ...] = ()


class RecordChanges:
    """Writes records of one type inside a unit of work; `object_type` is a custom object's."""

    def __init__(self, work: Work, record: RecordContribution, object_type: str | None = None) -> None:
        self._work = work
        self._record = record
        self._table = record.table
        self._noun = noun_of(record.type)
        self.object_type = object_type or self._noun

    async def create(self, given: Sequence[Given], placed: Mapping[str, Any] | None = None) -> int:
        """A new record with these properties and other columns; owned by the viewer unless given."""
        work = self._work
        targets = await self._targets(given)
        cells = self._cells(given, targets)
        writable = {item.source for item in self._record.properties} - READ_ONLY
        for name, column in self._table.c.items():
            if name in writable and not column.nullable and name not in cells:
                raise Place(name, ("input", "properties")).refuse(
                    "is missing; a record needs it", reason="property.required", code="REQUIRED"
                )
        cells.setdefault("owner_id", work.viewer.user_id)
        row = {**cells, **(placed or {}), "created_at": work.now, "updated_at": work.now, "version": 1}
        (id,) = work.append(self._table, row)
        await self._write_custom(id, given, targets)
        changes = [Change(item.key, targets[item.key].kind, None, item.value) for item in given]
        if "owner" not in targets:
            changes.append(Change("owner", PropertyKind.USER, None, cells["owner_id"]))
        write_history(work, self.object_type, id, changes)
        write_entry(work, "record.created", self._noun, id, as_changes(changes))
        return id

    async def update(
        self, id: int, given: Sequence[Given], if_version: int | None, placed: Mapping[str, Any] | None = None
    ) -> int:
        """Changes properties of a record; values that are the same change nothing. Returns the version.

        `placed` are columns of no property, such as the stage's, to change along.
        """
        return await self.change(await self.locked(id), given, if_version, placed)

    async def change(
        self,
        row: Mapping[str, Any],
        given: Sequence[Given],
        if_version: int | None,
        placed: Mapping[str, Any] | None = None,
    ) -> int:
        """The same for a record whose row is locked."""
        work, id = self._work, row["id"]
        if if_version is not None and if_version != row["version"]:
            raise stale(row["version"])
        targets = await self._targets(given)
        cells = changed(row, self._cells(given, targets) | dict(placed or {}))
        before = await self._before(id, row, given, targets)
        changes = [
            Change(item.key, targets[item.key].kind, before[item.key], item.value)
            for item in given
            if before[item.key] != item.value
        ]
        changes += [
            Change(_key(self._table.c[name]), None, *_placed(self._table.c[name], row[name], cells[name]))
            for name in cells
            if name in (placed or {}) and not name.endswith("_folded")
        ]
        if not changes:
            return int(row["version"])
        version = int(row["version"]) + 1
        work.amend(self._table, id, **cells, version=version, updated_at=work.now)
        await self._write_custom(id, given, targets)
        write_history(work, self.object_type, id, changes)
        write_entry(work, "record.changed", self._noun, id, as_changes(changes))
        return version

    async def locked(self, id: int) -> Mapping[str, Any]:
        """The record's row; nobody else changes it before this is committed."""
        row = await self._work.first(_locking(self._table), id=id)
        if row is None:
            raise not_found(self._record.type, ["input", "record"])
        self.object_type = row.get("object_type", self._noun)
        return row

    async def _targets(self, given: Sequence[Given]) -> dict[str, _Target]:
        if not given:
            return {}
        targets = {item.key: _Target(item.kind, item.source) for item in self._record.properties}
        unknown = [item.key for item in given if item.key not in targets]
        if unknown:
            targets |= await self._custom_targets(unknown)
        seen: set[str] = set()
        for item in given:
            _check_target(item, targets.get(item.key), is_repeated=item.key in seen)
            seen.add(item.key)
        await self._check_users(given, targets)
        return {item.key: targets[item.key] for item in given}

    async def _custom_targets(self, wanted: list[str]) -> dict[str, _Target]:
        definition = tables.property_definition.c
        rows = await self._work.fetch(
            sa.select(definition.key, definition.kind, definition.id, definition.options).where(
                definition.object_type == self.object_type, keys_in(definition.key, wanted)
            )
        )
        return {
            key: _Target(
                PropertyKind(kind), property_id=id, options=tuple(option["value"] for option in options)
            )
            for key, kind, id, options in map(tuple, rows)
        }

    async def _check_users(self, given: Sequence[Given], targets: Mapping[str, _Target]) -> None:
        named = [
            item for item in given if targets[item.key].kind is PropertyKind.USER and item.value is not None
        ]
        if not named:
            return
        user = tables.user.c
        rows = await self._work.fetch(
            sa.select(user.id).where(
                keys_in(user.id, [item.value for item in named]), user.is_active.is_(True)
            )
        )
        known = {row[0] for row in rows}
        for item in named:
            if item.value not in known:
                raise item.place.refuse("names a user who is not there", "property.user", "NOT_FOUND")

    def _cells(self, given: Sequence[Given], targets: Mapping[str, _Target]) -> dict[str, Any]:
        cells: dict[str, Any] = {}
        for item in given:
            attribute = targets[item.key].attribute
            if attribute is not None:
                cells |= as_columns(self._table, attribute, item.value, item.place)
        return cells

    async def _before(
        self, id: int, row: Mapping[str, Any], given: Sequence[Given], targets: Mapping[str, _Target]
    ) -> dict[str, Any]:
        entity = entity_of(self._record.type)
        values: dict[str, Any] = {}
        for item in given:
            name = targets[item.key].attribute
            if name is not None:
                attribute = entity.attributes[name]
                values[item.key] = attribute.values({name: [row[name]] for name in attribute.names})[0]
        custom = {
            target.property_id: key for key, target in targets.items() if target.property_id is not None
        }
        if custom:
            values |= await self._custom_before(id, custom, targets)
        return values

    async def _custom_before(
        self, id: int, custom: Mapping[int, str], targets: Mapping[str, _Target]
    ) -> dict[str, Any]:
        value = tables.property_value
        rows = await self._work.fetch(
            sa.select(value).where(value.c.record_id == id, keys_in(value.c.property_id, list(custom)))
        )
        found: dict[str, Any] = dict.fromkeys(custom.values())
        for row in rows:
            key = custom[row._mapping["property_id"]]
            found[key] = plain_value(targets[key].kind, dict(row._mapping))
        return found

    async def _write_custom(self, id: int, given: Sequence[Given], targets: Mapping[str, _Target]) -> None:
        value, cleared = tables.property_value, []
        rows = []
        for item in given:
            target = targets[item.key]
            if target.property_id is None:
                continue
            if item.value is None:
                cleared.append(target.property_id)
            else:
                cells = as_value_row(target.kind, item.value)
                of = {"record_id": id, "property_id": target.property_id, "updated_at": self._work.now}
                rows.append(of | cells)
        self._work.put_all(value, *rows)
        if cleared:
            await self._work.delete(value, value.c.record_id == id, keys_in(value.c.property_id, cleared))


@lru_cache(maxsize=1_000)
def _locking(table: sa.Table) -> Prepared:
    """Reads the row of a record that is not archived, and keeps others from changing it."""
    is_it = table.c.id == parameter("id", table.c.id.type)
    return Prepared(sa.select(table).where(is_it, table.c.archived_at.is_(None)).with_for_update())


def _key(column: sa.Column[Any]) -> str:
    return column.name.removesuffix("_id") if column.foreign_keys else column.name


def _placed(column: sa.Column[Any], *cells: Any) -> list[Any]:
    """Cells of a column as the history keeps them: a reference as the global id that it stands for."""
    referred = {key.column.table.name for key in column.foreign_keys}
    if not referred:
        return list(cells)
    noun = {tables.user.name: noun_of(User)}.get(name := referred.pop(), name)
    return [None if id is None else encode_global_id(noun, id) for id in cells]


def _check_target(item: Given, target: _Target | None, *, is_repeated: bool) -> None:
    if target is None:
        raise item.place.refuse(
            "is not known; `propertyDefinitions` lists those that are", "property.unknown"
        )
    if item.key in READ_ONLY:
        raise item.place.refuse("is kept by Tabard and cannot be written", "property.read_only")
    if is_repeated:
        raise item.place.refuse("is given twice", "property.repeated")
    if item.value is None:
        return
    if item.kind is not target.kind:
        raise item.place.refuse(f"holds {target.kind.value} values", "property.kind")
    check(target.kind, item.value, item.place)
    if target.kind is PropertyKind.OPTION and target.options and item.value not in target.options:
        raise item.place.refuse(f"has no option '{item.value}'", "property.option")


async def check_stage(work: Work, object_type: str, stage: Stage, path: list[str]) -> None:
    """Raises a fault unless the stage is one of the object type's pipelines."""
    pipeline = await work.first(_PIPELINE, id=stage.pipeline_id)
    if pipeline is None or pipeline["object_type"] != object_type:
        raise Fault(
            "INVALID",
            f"The stage belongs to a pipeline of another record type than {object_type}.",
            reason="stage.object_type",
            path=path,
        )
