"""Turns: so many places for all who come; one that comes free goes to whoever has waited longest."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType


class Turns:
    """Places to take and to leave. Whoever finds one free need not wait, nor be a coroutine.

    `taken` counts those who have a place. With one place it is a lock.
    """

    def __init__(self, places: int = 1) -> None:
        self.places = places
        self.taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def take(self) -> bool:
        """Takes a place, of which `leave` must be told, unless all are taken."""
        if self.taken >= self.places:
            return False
        self.taken += 1
        return True

    async def wait(self, seconds: float | None = None) -> None:
        """Waits for a place when none is free; raises TimeoutError when it does not come in time."""
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                # The place came at the very moment of giving up.
                self.leave()
            elif turn in self._queue:
                self._queue.remove(turn)
            raise

    def leave(self) -> None:
        """Gives the place to the next, or back."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.taken -= 1

    async def __aenter__(self) -> None:
        if not self.take():
            await self.wait()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
