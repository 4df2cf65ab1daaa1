"""Rate: a stock of points for each caller, from which requests take their cost."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, SecretStr

from gateway.codes import Code
from gateway.head import Head
from gateway.refusal import Refusal
from tabard.nouns.rate import RateLimit
from tabard.viewer import Viewer

MOST_CALLERS: Final = 100_000


class RateSettings(BaseModel):
    """How much a caller may ask for in a stretch of time."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    points: NonNegativeInt = 100_000
    """Points of a caller who has asked for nothing yet, at least the cost that one request may have; 0 sets no rate."""
    restored_per_second: PositiveInt = 10_000
    """Points that a caller gets back each second, until there are as many again."""
    storage: SecretStr | None = None
    """Where processes share what callers have spent: a Redis or Valkey, as `redis://user:password@host:6379/0`, or
    `rediss://` with TLS; without it each process counts for itself. It needs `tabard[shared-rate]`.
    """


class Stock(Protocol):
    """Counts what callers spend."""

    async def take(self, caller: str, points: int) -> RateLimit | None:
        """Takes the points of a request, and says what is left; raises Refusal when there are too few."""

    async def give_back(self, caller: str, points: int) -> None:
        """Gives back what the request did not need."""

    async def close(self) -> None:
        """Lets go of whatever the points are kept in."""


class Unlimited:
    """No rate."""

    async def take(self, caller: str, points: int) -> None:
        """Lets everybody ask."""

    async def give_back(self, caller: str, points: int) -> None:
        """Has taken nothing."""

    async def close(self) -> None:
        """Has opened nothing."""


@dataclass(slots=True)
class Bucket:
    """What is left of a caller's points at an instant."""

    level: float
    at: float


class TokenBuckets:
    """The stocks of this process; those that have been full the longest are forgotten first."""

    def __init__(self, settings: RateSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = settings.points
        self._rate = settings.restored_per_second
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    async def take(self, caller: str, points: int) -> RateLimit:
        """Takes points if there are enough."""
        bucket = self._filled(caller)
        if bucket.level < points:
            raise too_many((points - bucket.level) / self._rate)
        bucket.level -= points
        return RateLimit(
            limit=self._most, remaining=int(bucket.level), restored_per_second=self._rate, cost=points
        )

    async def give_back(self, caller: str, points: int) -> None:
        """Gives points back, unless the caller's stock is forgotten, and so full, meanwhile."""
        if bucket := self._buckets.get(caller):
            bucket.level = min(bucket.level + points, self._most)

    async def close(self) -> None:
        """Keeps them; they end with the process."""

    def _filled(self, caller: str) -> Bucket:
        """The caller's bucket as it is now."""
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = Bucket(self._most, now)
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
            bucket.level = min(bucket.level + (now - bucket.at) * self._rate, self._most)
            bucket.at = now
        return bucket


def too_many(seconds: float) -> Refusal:
    """The refusal of a request that comes too soon."""
    wait = max(math.ceil(seconds), 1)
    code = Code.RATE_LIMITED
    return Refusal(
        code, f"{code.meaning} Wait for {wait} second(s), then send the same again.", retryAfter=wait
    )


def name_of(viewer: Viewer, head: Head) -> str:
    """By which a caller's points are counted: the user, or without one the address."""
    if viewer.is_signed_in:
        return f"{viewer.portal_id}/{viewer.user_id}"
    return head.address
