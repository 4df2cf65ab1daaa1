"""P23: three times what a server can do comes at it, and it goes on doing what it can.

What it can do is measured in the same run. Other programs may take its processor meanwhile, so goodput is
judged by the second that the server was at work, and the slowest answers by the share that it had.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.promises.support.crowd import OK, Crowd, Reply, answered, codes, slowest
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, demo_database
from tests.support.servers import RunningServer, token

QUERY: Final = (
    "{ companies(first: 100) { totalCount nodes { name country owner { name } parent { name } } } }"
)
AT_ONCE: Final = 16
TIMES: Final = 3
# What is promised: of the peak, in seconds, and of the memory at the middle of the overload.
GOODPUT: Final = 0.7
SLOWEST: Final = 2.0
GROWTH: Final = 0.1
CALM: Final = 0.5


@dataclass(frozen=True)
class Stretch:
    """What came of a stretch of time: all replies, how long it was, and how much of it the server worked."""

    replies: list[Reply]
    seconds: float
    working: float
    megabytes: float

    @property
    def goodput(self) -> float:
        """Answers by the second that the server was at work."""
        return len(answered(self.replies)) / self.working

    @property
    def slowest(self) -> float:
        """What ninety-nine of a hundred answers would have taken at most, had the server had a processor."""
        return slowest(answered(self.replies)) * min(self.working / self.seconds, 1)

    def __str__(self) -> str:
        sent, answers = (len(found) / self.seconds for found in (self.replies, answered(self.replies)))
        return (
            f"{sent:.0f} asked and {answers:.0f} answered a second, p99 {slowest(answered(self.replies)):.2f} s, "
            f"{self.working / self.seconds:.0%} of a processor, {self.megabytes:.0f} MB, {dict(codes(self.replies))}"
        )


class Overload:
    """A server and those who ask too much of it; close it in the end."""

    def __init__(self, url: str, folder: Path) -> None:
        self._token = token(url)
        # Points would send this one user away before the server itself has to.
        self._server = RunningServer(folder, url, TABARD_RATE__POINTS="0")

    def close(self) -> None:
        """Ends the server."""
        self._server.kill()

    async def play(self, turn: Round) -> None:
        """As much as the server can do, measured first, then three times that, then half of it."""
        crowd, half, short = (
            Crowd(self._server.address, self._token, QUERY),
            turn.seconds / 2,
            turn.seconds / 6,
        )
        try:
            await crowd.steady(AT_ONCE, short)
            peak = await self._stretch(turn, "peak", crowd.steady(AT_ONCE, short))
            rate = len(peak.replies) / peak.seconds
            once = await self._stretch(turn, "1x", crowd.arriving(rate, half, turn.random))
            first = await self._stretch(turn, "3x", crowd.arriving(TIMES * rate, half, turn.random))
            last = await self._stretch(turn, "3x still", crowd.arriving(TIMES * rate, half, turn.random))
            began = perf_counter()
            while (await crowd.ask()).code != OK:
                pass
            turn.measure("recovered after", perf_counter() - began)
            calm = await self._stretch(turn, "half", crowd.arriving(CALM * rate, short, turn.random))
        finally:
            await crowd.close()
        turn.tell(
            f"goodput {last.goodput / peak.goodput:.0%} of the peak and {last.goodput / once.goodput:.0%} of 1x, "
            f"p99 {last.slowest:.2f} s, memory {last.megabytes / first.megabytes - 1:+.1%} in the last half"
        )
        assert [reply for reply in first.replies + last.replies + once.replies if not reply.is_promised] == []
        assert set(codes(calm.replies)) == {OK}
        assert last.goodput >= GOODPUT * peak.goodput
        assert last.slowest <= SLOWEST
        assert last.megabytes <= (1 + GROWTH) * first.megabytes

    async def _stretch(self, turn: Round, name: str, asking: Awaitable[list[Reply]]) -> Stretch:
        began, worked = perf_counter(), self._server.working_seconds
        replies = await asking
        seconds, working = perf_counter() - began, self._server.working_seconds - worked
        found = Stretch(replies, seconds, working, self._server.megabytes)
        turn.tell(f"{name}: {found}")
        turn.count(f"asked at {name}", len(replies))
        turn.count(f"answered at {name}", len(answered(replies)))
        return found


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database, all against one server."""
    with demo_database(rounds.target) as url, TemporaryDirectory(prefix="tabard-overload-") as folder:
        overload = Overload(url, Path(folder))
        try:
            for turn in rounds:
                with turn:
                    asyncio.run(overload.play(turn))
        finally:
            overload.close()


if __name__ == "__main__":
    sys.exit(Soak("overload", __doc__, {SQLITE: 1, POSTGRESQL: 1}, seconds=60.0).run(play))
