"""Pulse: notices within two seconds that a database server does not answer, and that it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from tabard.ends import costing_no_more
from tabard.errors import Unavailable

log = structlog.get_logger("tabard.storage")

INTERVAL = 0.5
PATIENCE = 1.0
# A loop that was busy finds the answer and the end of its patience at once, and must look at the answer.
SECOND_LOOK = 0.1


class Pulse:
    """Asks a database for a sign of life again and again.

    A statement that takes long and one that will never be answered look alike to who waits for them.
    While the trivial statement `beat` has no answer the database is lost: `cut` ends whatever waits for
    it, and `require` refuses the next ones at once.
    """

    def __init__(
        self,
        beat: Callable[[], Coroutine[Any, Any, None]],
        cut: Callable[[], None],
        *,
        interval: float = INTERVAL,
        patience: float = PATIENCE,
    ) -> None:
        self._beat = beat
        self._cut = cut
        self._interval = interval
        self._patience = patience
        self._watch: asyncio.Task[None] | None = None
        self.is_lost = False

    def require(self) -> None:
        """Raises Unavailable while the database is lost."""
        if self.is_lost:
            raise Unavailable("The database does not answer; try again soon.", retryAfter=1)

    def start(self) -> None:
        """Begins to watch."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._watching())

    async def stop(self) -> None:
        """Watches no longer, and is done with the database."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self._look()

    async def _look(self) -> None:
        error = await self._answer()
        if isinstance(error, TimeoutError):
            # Out of time sooner than we lose patience: something held this loop meanwhile.
            error = await self._answer()
        if error is not None:
            self._lose(type(error).__name__)
        elif self.is_lost:
            self.is_lost = False
            log.info("database found again")

    async def _answer(self) -> BaseException | None:
        """What is wrong with the answer to a beat, if anything; whoever waits is cut off when there is none."""
        beat = asyncio.ensure_future(costing_no_more(self._beat()))
        try:
            await asyncio.wait({beat}, timeout=self._patience)
            if not beat.done():
                await asyncio.wait({beat}, timeout=SECOND_LOOK)
            if not beat.done():
                self._lose("no answer")
                await asyncio.wait({beat})
        finally:
            if beat.cancel():
                await asyncio.wait({beat}, timeout=SECOND_LOOK)
        return beat.exception()

    def _lose(self, problem: str) -> None:
        if not self.is_lost:
            self.is_lost = True
            log.error("database lost", problem=problem)
        self._cut()
