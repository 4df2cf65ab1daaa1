"""Streams: all connections that stay open, counted, bounded, and ended when the server stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.codes import Code
from gateway.live.bounds import Bounds
from gateway.refusal import LimitExceeded, Refusal
from tabard.viewer import Viewer


class Streams:
    """The open connections of a process. `drain()` ends them; then no other is let in.

    `opened` counts connections by transport, `closed` ends by code.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._draining = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._users: Counter[tuple[int | None, int | None]] = Counter()
        self.open = 0
        self.opened: Counter[str] = Counter()
        self.closed: Counter[int] = Counter()

    def require_running(self) -> None:
        """Refuses a connection while the server stops."""
        if self._draining.is_set():
            raise Refusal(Code.UNAVAILABLE, "The server is restarting; connect again.", retryAfter=1)

    @contextmanager
    def connection(self, transport: str) -> Iterator[None]:
        """One more connection, meanwhile; raises LimitExceeded."""
        if self.open >= (limit := self._bounds.process):
            what = "The server has too many open streams"
            raise LimitExceeded(Code.OVERLOADED, what, limit=limit, actual=limit + 1)
        self.open += 1
        self.opened[transport] += 1
        self._empty.clear()
        try:
            yield
        finally:
            self.open -= 1
            if not self.open:
                self._empty.set()

    @contextmanager
    def user(self, viewer: Viewer) -> Iterator[None]:
        """One more connection of the user, meanwhile; raises LimitExceeded."""
        key, limit = (viewer.portal_id, viewer.user_id), self._bounds.user
        if self._users[key] >= limit:
            what = "You have too many open streams"
            raise LimitExceeded(Code.STREAM_LIMIT_EXCEEDED, what, limit=limit, actual=limit + 1)
        self._users[key] += 1
        try:
            yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]

    async def stopping(self) -> None:
        """Returns when the server stops."""
        await self._draining.wait()

    async def drain(self) -> None:
        """Ends every connection as its protocol has it, and returns when all are gone."""
        self._draining.set()
        await self._empty.wait()
