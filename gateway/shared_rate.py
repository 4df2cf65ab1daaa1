"""Shared rate: what callers have spent at all processes together, in a storage of the library `limits`."""

import math
from typing import Any, cast

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import SlidingWindowCounterSupport
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from gateway.misconfiguration import PREFIX
from gateway.rate import RateSettings, too_many
from tabard.errors import ConfigurationInvalid
from tabard.nouns.rate import RateLimit

log = structlog.get_logger(__name__)


class SharedStocks:
    """Stocks that fill up over a sliding window, as long as an empty stock takes to be full again.

    While the storage does not answer, nobody is refused: a rate protects the server, and must not stop it.
    """

    def __init__(self, settings: RateSettings, storage: str) -> None:
        self._most = settings.points
        self._rate = settings.restored_per_second
        self._window = RateLimitItemPerSecond(self._most, math.ceil(self._most / self._rate), "tabard")
        try:
            self._storage: Any = storage_from_string(f"async+{storage}", wrap_exceptions=True)
        except (ConfigurationError, ValueError) as error:
            raise ConfigurationInvalid(f"{PREFIX}RATE__STORAGE cannot be used: {error}") from error
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def take(self, caller: str, points: int) -> RateLimit | None:
        """Takes points if there are enough."""
        try:
            is_taken = await self._limiter.hit(self._window, caller, cost=points)
            stats = await self._limiter.get_window_stats(self._window, caller)
        except StorageError as error:
            log.warning("rate not known", problem=str(error))
            return None
        if not is_taken:
            raise too_many((points - stats.remaining) / self._rate)
        return RateLimit(
            limit=self._most, remaining=stats.remaining, restored_per_second=self._rate, cost=points
        )

    async def give_back(self, caller: str, points: int) -> None:
        """Gives points back, by taking a negative number of them."""
        key, seconds = self._window.key_for(caller), self._window.get_expiry()
        storage = cast(SlidingWindowCounterSupport, self._storage)
        try:
            await storage.acquire_sliding_window_entry(key, self._most, seconds, -points)
        except StorageError as error:
            log.warning("rate not known", problem=str(error))
