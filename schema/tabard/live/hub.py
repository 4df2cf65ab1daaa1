"""Hub: the one reader of the outbox in a process; it feeds all who follow a portal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog

from tabard.live.feed import Feed
from tabard.storage.database import Database
from tabard.storage.scope import Scope

log = structlog.get_logger("tabard.live")

# Nobody need be told of an event to see it: this often the reader looks by itself.
LOOK_SECONDS: Final = 10.0
HELD_SECONDS: Final = 0.05
MOST_HELD_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 1.0
# Streams that read at the same moment; the other connections are for requests.
TURNS: Final = 3


class Hub:
    """The feeds that are followed now, by portal. Close it before the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds: dict[int, Feed] = {}
        self._opening = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self.turns = asyncio.Semaphore(TURNS)

    @asynccontextmanager
    async def following(self, portal_id: int) -> AsyncIterator[Feed]:
        """The portal's feed, which is kept up to date meanwhile."""
        feed = await self._feed(portal_id)
        feed.followers += 1
        try:
            yield feed
        finally:
            feed.followers -= 1
            if not feed.followers:
                self._feeds.pop(portal_id, None)
            if not self._feeds:
                await self.close()

    async def _feed(self, portal_id: int) -> Feed:
        async with self._opening:
            feed = self._feeds.get(portal_id)
            if feed is None:
                feed = Feed(partial(self._database.reading, Scope(portal_id)))
                await feed.open()
                self._feeds[portal_id] = feed
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._read())
            return feed

    async def _read(self) -> None:
        seconds, held = LOOK_SECONDS, set[int]()
        while self._feeds:
            try:
                woken = await self._database.wakeups.wait(seconds)
                looked_at = set(self._feeds) if woken is None else woken | held
                held = {portal for portal in looked_at if await self._advance(portal)}
            except Exception as error:  # noqa: BLE001 - whatever fails now, the next look may not
                log.warning("events not read", problem=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
                self._database.wakeups.wake()
            # Nobody tells when an older transaction ends, so events that wait for it are looked at again,
            # less and less often.
            seconds = min(2 * seconds, MOST_HELD_SECONDS) if held and seconds < LOOK_SECONDS else HELD_SECONDS
            seconds = seconds if held else LOOK_SECONDS

    async def _advance(self, portal_id: int) -> bool:
        feed = self._feeds.get(portal_id)
        return feed is not None and await feed.advance()

    async def close(self) -> None:
        """Ends the reader; whoever follows again begins another."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
