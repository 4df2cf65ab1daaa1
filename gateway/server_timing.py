"""Server timing: what a development server tells of a request's time, in headers that browsers show."""

import heapq
from operator import itemgetter
from typing import Final

from tabard.timing import Timing

PHASES: Final = ("parse", "validate", "plan")
MOST_LEVELS: Final = 20


def headers_of(timing: Timing) -> dict[str, str]:
    """`Server-Timing`, and `X-Tabard-Fallback` where graphql-core ran the operation."""
    seconds, statements = timing.seconds, timing.counts["statement"]
    entries = [entry(name, seconds[name]) for name in PHASES]
    entries.append(f'{entry("db", seconds["statement"])};desc="statements: {statements}"')
    entries.append(entry("total", seconds["total"]))
    entries += map(level, heapq.nlargest(MOST_LEVELS, timing.levels.items(), key=itemgetter(1)))
    if (reason := timing.notes.get("fallback")) is None:
        return {"server-timing": ", ".join(entries)}
    entries.append(f'fallback;desc="{reason}"')
    return {"server-timing": ", ".join(entries), "x-tabard-fallback": reason}


def level(timed: tuple[str, float]) -> str:
    """The time that the database took for one field, all its parents together."""
    field, seconds = timed
    return f'{entry("level", seconds)};desc="{field}"'


def entry(name: str, seconds: float) -> str:
    """One entry; its duration is in milliseconds."""
    return f"{name};dur={seconds * 1000:.3f}"
