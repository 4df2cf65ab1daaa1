"""Upkeep: events are deleted when nobody may resume behind them any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
import structlog

from tabard.errors import TabardError
from tabard.records.journal import outbox_event
from tabard.storage.database import Database
from tabard.storage.ids import first_id_of
from tabard.storage.keys import keys as keys_in
from tabard.storage.scope import Scope

log = structlog.get_logger("tabard.live")

EVERY: Final = timedelta(hours=1)
# An event may be older, by its transaction's length, than the place that it has among the others.
MARGIN: Final = timedelta(hours=1)
BATCH: Final = 1_000


class Upkeep:
    """Deletes a portal's old events, an hour after the last time, when new ones are written."""

    def __init__(
        self,
        database: Database,
        kept: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._kept = kept
        self._now = now
        self._last: dict[int, datetime] = {}
        self._running: set[asyncio.Task[None]] = set()

    def note(self, portal_id: int) -> None:
        """Says that an event of the portal was written."""
        now = self._now()
        if now - self._last.get(portal_id, datetime.min.replace(tzinfo=UTC)) < EVERY:
            return
        self._last[portal_id] = now
        task = asyncio.create_task(self._tidy(portal_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tidy(self, portal_id: int) -> None:
        try:
            await self.tidy(portal_id)
        except TabardError as error:
            log.warning("old events not deleted", problem=str(error))
        except Exception:
            # The next hour's attempt may do better.
            log.exception("old events not deleted")

    async def tidy(self, portal_id: int) -> int:
        """Deletes what is too old in a portal; returns how many events that were."""
        deleted = 0
        while ids := await self._old(portal_id):
            async with self._database.writing(Scope(portal_id)) as session:
                await session.execute(sa.delete(outbox_event).where(keys_in(outbox_event.c.id, ids)))
            deleted += len(ids)
        return deleted

    async def _old(self, portal_id: int) -> list[int]:
        id, position = outbox_event.c.id, outbox_event.c.position
        session = self._database.reading(Scope(portal_id))
        try:
            newest = (await session.fetch(sa.select(sa.func.max(position))))[0][0]
            horizon = await session.horizon()
            if newest is None:
                return []
            # The newest stays, because positions are counted from it where they are not the database's own.
            unwanted = sa.and_(id < first_id_of(self._now() - self._kept - MARGIN), position < newest)
            if horizon is not None and newest >= horizon.unborn:
                # Written in another cluster, from which this database was restored.
                unwanted = position >= horizon.unborn
            rows = await session.fetch(sa.select(id).where(unwanted).limit(BATCH))
        finally:
            await session.close()
        return [row[0] for row in rows]

    async def close(self) -> None:
        """Waits for what is being deleted."""
        await asyncio.gather(*self._running, return_exceptions=True)
