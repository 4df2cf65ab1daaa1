"""Traces: what each change of a journal has left in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.records import tables
from tabard.records.journal import audit_entry, idempotency_record, outbox_event, property_history
from tabard.storage.ids import decode_global_id
from tabard.storage.urls import database_url
from tests.promises.support.writers import Change, State
from tests.support.databases import connected

ALLOWED: Final = {State.ACKNOWLEDGED: ({1},), State.REFUSED: ({0},), State.UNKNOWN: ({0}, {1})}


@dataclass(frozen=True)
class Traces:
    """What was written since a moment, counted by the text of a change or by the records it is about."""

    before: Mapping[int, int]
    versions: Mapping[int, int]
    texts: Counter[Any]
    audited: Counter[Any]
    links: Counter[tuple[int, int]]
    keys: Counter[str]
    changes: Counter[int]
    events: Counter[int]

    def of(self, change: Change) -> set[int]:
        """How many times the change was made, by each of its traces: one number when they agree."""
        if change.is_link:
            one, two = row_id(change.variables["record"]), row_id(change.variables["to"])
            traces = {self.links[one, two], self.links[two, one], self.audited[one, change.variables["to"]]}
        else:
            traces = {self.texts[change.key], self.audited[change.key]}
        return traces | {self.keys[change.key]}

    def check(self, changes: Iterable[Change]) -> None:
        """Raises AssertionError for a change that is lost, there twice, or there in part."""
        for change in changes:
            found = self.of(change)
            assert found in ALLOWED[change.state], f"{change} has left its traces {sorted(found)} times"
        for id, version in self.versions.items():
            expected = (self.before.get(id, 1) + self.changes[id], self.changes[id])
            assert (version, self.events[id]) == expected, (
                f"record {id}: version and events, and what changed"
            )


async def versions(url: str) -> dict[int, int]:
    """The version of each company and deal."""
    async with connected(_driven(url)) as connection:
        return await _versions(connection)


async def traces(url: str, since: datetime, before: Mapping[int, int]) -> Traces:
    """What was written since a moment at which the records had the versions `before`."""
    association, audit = tables.association.c, audit_entry.c
    history, event, key = property_history.c, outbox_event.c, idempotency_record.c
    async with connected(_driven(url)) as connection:
        texts = await connection.scalars(sa.select(history.value).where(history.changed_at >= since))
        entries = (
            await connection.execute(
                sa.select(audit.action, audit.subject_id, audit.changes).where(audit.at >= since)
            )
        ).all()
        links = await connection.execute(
            sa.select(association.from_id, association.to_id).where(association.created_at >= since)
        )
        keys = await connection.scalars(sa.select(key.key).where(key.created_at >= since))
        events = await connection.scalars(
            sa.select(event.subject_id).where(event.at >= since, event.kind == "record.changed")
        )
        return Traces(
            before,
            await _versions(connection),
            texts=Counter(text for text in texts if isinstance(text, str)),
            audited=Counter(audited for entry in entries for audited in _audited(entry)),
            links=Counter((row.from_id, row.to_id) for row in links),
            keys=Counter(keys),
            changes=Counter(entry.subject_id for entry in entries if entry.action == "record.changed"),
            events=Counter(events),
        )


async def integrity(url: str) -> list[str]:
    """What SQLite finds wrong with its file; nothing on PostgreSQL, which checks its pages as it reads."""
    if database_url(url).get_backend_name() != "sqlite":
        return []
    async with connected(_driven(url)) as connection:
        found = (await connection.exec_driver_sql("PRAGMA integrity_check")).scalars().all()
        gone = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
    return [str(line) for line in found if line != "ok"] + [str(tuple(row)) for row in gone]


def row_id(global_id: str) -> int:
    """The row that a global id names."""
    decoded = decode_global_id(global_id)
    assert decoded is not None, global_id
    return decoded[1]


def _audited(entry: Any) -> Iterable[Any]:
    """What names the change in its audit entry: the text, or the record and what it was associated with."""
    if "name" in entry.changes:
        yield entry.changes["name"][1]
    if "to" in entry.changes:
        yield entry.subject_id, entry.changes["to"][1]


async def _versions(connection: AsyncConnection) -> dict[int, int]:
    found: dict[int, int] = {}
    for table in (tables.company, tables.deal):
        rows = await connection.execute(sa.select(table.c.id, table.c.version))
        found |= {row.id: row.version for row in rows}
    return found


def _driven(url: str) -> str:
    return database_url(url).render_as_string(hide_password=False)
