"""Rate: how much a caller may still ask for; whoever serves the graph tells it with the request."""

from dataclasses import dataclass
from typing import Any

import strawberry

from tabard.contributions import FieldContribution
from tabard.core import core
from tabard.policies import Public
from tabard.reads.level import Level


@strawberry.type(
    description="What the caller may still ask for. Each request takes its cost from a stock of points that fills up "
    "again steadily; the part that the answer did not cost is given back."
)
class RateLimit:
    limit: int = strawberry.field(description="How many points a full stock has.")
    remaining: int = strawberry.field(
        description="How many points are left, this request's `extensions.cost.requested` already taken."
    )
    restored_per_second: int = strawberry.field(description="How many points come back each second.")
    cost: int = strawberry.field(description="How many points were taken for this request.")


@dataclass(frozen=True)
class RateRead:
    """What the server said about the caller; reads nothing."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        return [level.context.rate] * len(keys)

    def child(self) -> type | None:
        return None


RATE_FIELD = FieldContribution(
    core.name,
    "Query",
    "rate_limit",
    RateLimit | None,
    RateRead(),
    "How much the caller may still ask for; null where the server sets no rate.",
    policy=Public,
)
