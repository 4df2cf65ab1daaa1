"""Shared rate: what callers have spent at all processes together, in a Redis or Valkey."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Self, TypeVar

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError

from gateway.misconfiguration import PREFIX
from gateway.rate import RateSettings, too_many
from tabard.errors import ConfigurationInvalid
from tabard.nouns.rate import RateLimit

log = structlog.get_logger(__name__)

T = TypeVar("T")
# How long a request waits for the storage, and how long nobody asks one that did not answer.
PATIENCE_SECONDS: Final = 0.25
PAUSE_SECONDS: Final = 1.0
CANNOT_BE_USED: Final = f"{PREFIX}RATE__STORAGE cannot be used"


class SharedStocks:
    """Stocks that fill up over a sliding window, as long as an empty stock takes to be full again.

    While the storage does not answer, nobody is refused: a rate protects the server, and must not stop it.
    """

    def __init__(
        self, pool: Any, settings: RateSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = settings.points
        self._rate = settings.restored_per_second
        self._window = RateLimitItemPerSecond(self._most, math.ceil(self._most / self._rate), "tabard")
        self._pool = pool
        self._storage = RedisStorage("async+valkey://", connection_pool=pool)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._clock = clock
        self._left_alone_until = -math.inf
        self._is_away = False

    @classmethod
    def at(cls, url: str, settings: RateSettings) -> Self:
        """The stocks at an address, to which nobody connects yet; raises ConfigurationInvalid."""
        try:
            from valkey.asyncio import ConnectionPool
        except ImportError as error:
            raise ConfigurationInvalid(
                f"{CANNOT_BE_USED}: what speaks to it is not installed: pip install 'tabard[shared-rate]'"
            ) from error
        try:
            return cls(ConnectionPool.from_url(url), settings)
        except (ConfigurationError, ValueError) as error:
            # What was given may hold a password, and the library's words may hold what was given.
            raise ConfigurationInvalid(
                f"{CANNOT_BE_USED}: write it as redis://user:password@host:6379/0, or with rediss:// for TLS"
            ) from error

    async def take(self, caller: str, points: int) -> RateLimit | None:
        """Takes points if there are enough."""

        async def taken() -> tuple[bool, int]:
            is_taken = await self._limiter.hit(self._window, caller, cost=points)
            stats = await self._limiter.get_window_stats(self._window, caller)
            return is_taken, stats.remaining

        if (answer := await self._answer(taken)) is None:
            return None
        is_taken, remaining = answer
        if not is_taken:
            raise too_many((points - remaining) / self._rate)
        return RateLimit(limit=self._most, remaining=remaining, restored_per_second=self._rate, cost=points)

    async def give_back(self, caller: str, points: int) -> None:
        """Gives points back, by taking a negative number of them."""
        key, seconds = self._window.key_for(caller), self._window.get_expiry()
        await self._answer(
            lambda: self._storage.acquire_sliding_window_entry(key, self._most, seconds, -points)
        )

    async def _answer(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What the storage answers; None when it does not, and for a moment after that."""
        if self._clock() < self._left_alone_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await ask()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the storage must not stop the server
            self._is_away = True
            self._left_alone_until = self._clock() + PAUSE_SECONDS
            log.warning("rate not known", problem=type(error).__name__, seconds=PAUSE_SECONDS)
            return None
        if self._is_away:
            self._is_away = False
            log.info("rate known again")
        return found

    async def close(self) -> None:
        """Ends the connections."""
        with suppress(OSError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._pool.aclose()
