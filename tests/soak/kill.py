"""P18: a server is killed at random moments under eight writers, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.promises.support.traces import integrity, traces, versions
from tests.promises.support.writers import Client, State, Writer, retry
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, demo_database
from tests.support.servers import RunningServer, token

WRITERS: Final = 8
# A kill comes so many acknowledged changes and a fraction of a second after the start, at most.
MOST: Final = 100
LONGEST: Final = 0.1
ANSWERED_AGAIN: Final = 5


class Countdown:
    """An event that has come after so many ticks."""

    def __init__(self, ticks: int) -> None:
        self.reached = asyncio.Event()
        self._left = ticks + 1
        self.tick()

    def tick(self) -> None:
        """Counts one."""
        self._left -= 1
        if self._left == 0:
            self.reached.set()


class Kills:
    """A server on a database that is killed and started again; close it in the end."""

    def __init__(self, url: str, folder: Path, most: int = MOST) -> None:
        self._most = most
        self._url = url
        self._folder = folder
        self._token = token(url)
        self._server = RunningServer(folder, url)

    def close(self) -> None:
        """Ends the server."""
        self._server.kill()

    async def play(self, turn: Round) -> None:
        """One kill: raises AssertionError unless each change is there as often as its writer knows."""
        before, since = await versions(self._url), datetime.now(UTC)
        writers = await self._killed(turn)
        await asyncio.to_thread(self._restart)
        turn.measure("ready after", self._server.ready_after)

        journal = [change for writer in writers for change in writer.journal]
        for state, number in Counter(change.state for change in journal).items():
            turn.count(state.name.lower(), number)
        assert await integrity(self._url) == []
        (await traces(self._url, since, before)).check(journal)

        unknown = [change for change in journal if change.state is State.UNKNOWN]
        known = [change for change in journal if change.state is State.ACKNOWLEDGED]
        again = turn.random.sample(known, min(len(known), ANSWERED_AGAIN))
        records = [(change.record or {})["id"] for change in again]
        async with Client(self._server.address, self._token) as client:
            await retry(client, [*unknown, *again])
        assert [(change.record or {})["id"] for change in again] == records
        (await traces(self._url, since, before)).check(journal)

    async def _killed(self, turn: Round) -> list[Writer]:
        """Lets the writers write until the server is killed; returns them."""
        countdown = Countdown(turn.random.randrange(self._most))
        async with Client(self._server.address, self._token) as client:
            shared = await client.shared()
            writers = [
                Writer(
                    f"{turn.seed}-{turn.number}-{place}",
                    random.Random(turn.random.random()),
                    shared,
                    countdown.tick,
                )
                for place in range(WRITERS)
            ]
            writing = [asyncio.create_task(writer.write(client)) for writer in writers]
            reached = asyncio.create_task(countdown.reached.wait())
            ended, _ = await asyncio.wait([reached, *writing], return_when=asyncio.FIRST_COMPLETED)
            assert ended == {reached}, "the server went away before it was killed"
            await asyncio.sleep(turn.random.uniform(0, LONGEST))
            self._server.kill()
            await asyncio.gather(*writing)
        return writers

    def _restart(self) -> None:
        self._server = RunningServer(self._folder, self._url)


def play(rounds: Rounds) -> None:
    """The kills on one kind of database, all of one and the same."""
    with demo_database(rounds.target) as url, TemporaryDirectory(prefix="tabard-kill-") as folder:
        kills = Kills(url, Path(folder))
        try:
            for turn in rounds:
                with turn:
                    asyncio.run(kills.play(turn))
        finally:
            kills.close()


if __name__ == "__main__":
    sys.exit(Soak("kill", __doc__, {SQLITE: 200, POSTGRESQL: 100}).run(play))
