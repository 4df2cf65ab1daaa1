"""Feed: the latest events of one portal, read once for all who follow it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from tabard.events import Event, Place
from tabard.live.outbox import head, read_after
from tabard.storage.session import ReadSession

PAGE: Final = 200
KEPT: Final = 2_000


class Feed:
    """Where the outbox of a portal stands, and its latest events.

    Nobody is queued for: each follower asks for what comes after its own place, gets it from memory or,
    when it has fallen behind, from the database, and asks again when it has sent that.
    """

    def __init__(self, session: Callable[[], ReadSession]) -> None:
        self._session = session
        self._recent: deque[Event] = deque()
        self._more = asyncio.Event()
        self._start = self._end = Place(0, 0)
        self.followers = 0

    async def open(self) -> None:
        """Begins at the outbox' end."""
        session = self._session()
        try:
            self._start = self._end = await head(session)
        finally:
            await session.close()

    async def advance(self) -> bool:
        """Reads what is new; says whether there is more that cannot be told yet."""
        session = self._session()
        try:
            while True:
                reading = await read_after(session, self._end, PAGE)
                self._take(reading.events)
                if reading.is_held or len(reading.events) < PAGE:
                    return reading.is_held
        finally:
            await session.close()

    def _take(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self._recent.extend(events)
        self._end = events[-1].place
        while len(self._recent) > KEPT:
            self._start = self._recent.popleft().place
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def after(self, place: Place) -> Sequence[Event]:
        """The next events behind the place, as soon as there are some; at most a page."""
        while True:
            if place < self._start:
                events = await self._missed(place)
                if events:
                    return events
                # The outbox has nothing between the place and what is in memory.
                place = self._start
            elif place < self._end:
                return self._remembered(place)
            else:
                await self._more.wait()

    def _remembered(self, place: Place) -> Sequence[Event]:
        found: list[Event] = []
        for event in reversed(self._recent):
            if event.place <= place:
                break
            found.append(event)
        return found[::-1][:PAGE]

    async def _missed(self, place: Place) -> Sequence[Event]:
        session = self._session()
        try:
            return (await read_after(session, place, PAGE)).events
        finally:
            await session.close()
