"""Outbox: the events of a portal in an order that no reader can step over, and how long they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tabard.events import LAST, Event, Place
from tabard.records.journal import outbox_event
from tabard.storage.session import ReadSession

COLUMNS = [
    outbox_event.c[name] for name in ("position", "id", "kind", "subject_type", "subject_id", "payload", "at")
]


@dataclass(frozen=True)
class Reading:
    """Events in their order; `is_held` says that later ones wait for an older transaction to end."""

    events: Sequence[Event]
    is_held: bool


async def head(session: ReadSession) -> Place:
    """The place behind all events that readers have now; whatever is committed after this comes later."""
    horizon = await session.horizon()
    if horizon is not None:
        return Place(horizon.oldest - 1, LAST)
    rows = await session.fetch(sa.select(sa.func.coalesce(sa.func.max(outbox_event.c.position), 0)))
    return Place(int(rows[0][0]), LAST)


async def read_after(session: ReadSession, place: Place, most: int) -> Reading:
    """The next events behind the place, at most so many."""
    # First the horizon: every transaction older than it has ended, so the statement after it sees them all.
    horizon = await session.horizon()
    position, id = outbox_event.c.position, outbox_event.c.id
    rows = await session.fetch(
        sa.select(*COLUMNS)
        .where(position >= place.position, sa.or_(position > place.position, id > place.id))
        .order_by(position, id)
        .limit(most)
    )
    seen = [row for row in rows if horizon is None or row.position < horizon.oldest]
    return Reading([_event(row) for row in seen], len(seen) < len(rows))


def _event(row: sa.Row[Any]) -> Event:
    found = row._mapping
    return Event(
        Place(found["position"], found["id"]),
        found["kind"],
        found["subject_type"],
        found["subject_id"],
        tuple(found["payload"]["changed"]),
        found["at"],
    )
