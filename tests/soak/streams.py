"""P22 and P28: many subscribers, slow ones and restless ones among them; each is told all, once and in order."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.promises.support.listening import Listener, changes_after, last_place
from tests.promises.support.writers import Client, State, Writer
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.outage import acknowledged, running
from tests.soak.places import POSTGRESQL, SQLITE, demo_database
from tests.support.servers import RunningServer, token

LISTENERS: Final = 60
WRITERS: Final = 2
PACE: Final = 0.02
# How long somebody stays before they go without a word, and how long a slow one takes for an event, at most.
STAY: Final = 2.0
SLOWNESS: Final = 0.05
PATIENCE: Final = 120


class Slow(Listener):
    """Reads slowly, so that what is sent piles up on the way."""

    async def noted(self) -> None:
        """Takes their time for each event."""
        await asyncio.sleep(SLOWNESS)


class Restless(Listener):
    """Goes away without a word again and again, and goes on with their cursor."""

    async def listen(self) -> None:
        """Stays for a while each time."""
        chance = random.Random(self.token)
        while True:
            try:
                async with asyncio.timeout(chance.uniform(0, STAY)):
                    await super().listen()
            except TimeoutError:
                continue


KINDS: Final[tuple[type[Listener], ...]] = (Listener, Slow, Restless)


class Crowded:
    """A server with many subscribers; close it in the end."""

    def __init__(self, url: str, folder: Path, listeners: int = LISTENERS) -> None:
        self._url = url
        self._listeners = listeners
        self._token = token(url)
        many = {"TABARD_STREAMS__USER": str(2 * listeners), "TABARD_RATE__POINTS": "0"}
        self._server = RunningServer(folder, url, **many)

    def close(self) -> None:
        """Ends the server."""
        self._server.kill()

    async def play(self, turn: Round, changes: int) -> None:
        """So many changes, told to all; raises AssertionError for whoever has missed one or heard it twice."""
        last, address = await last_place(self._url), self._server.address
        listeners = [
            KINDS[number % len(KINDS)](address, self._token, is_socket=number % 2 == 0)
            for number in range(self._listeners)
        ]
        async with Client(address, self._token) as client:
            # Whoever comes without a cursor hears what is new; so all are given one.
            cursor = await client.cursor()
            for listener in listeners:
                listener.cursor = cursor
            shared = await client.shared()
            writers = [
                Writer(f"{turn.seed}-{turn.number}-{place}", turn.random, shared, lambda: None)
                for place in range(WRITERS)
            ]
            async with running(*(listener.listen() for listener in listeners)):
                async with running(*(writer.write(client) for writer in writers)):
                    await acknowledged(writers, changes)
                    for writer in writers:
                        writer.is_done = True
                    async with asyncio.timeout(PATIENCE):
                        while not all(writer.has_ended for writer in writers):  # noqa: ASYNC110 - as they like
                            await asyncio.sleep(PACE)
                written = await changes_after(self._url, last)
                for listener in listeners:
                    await listener.heard(written)
        journal = [change for writer in writers for change in writer.journal]
        assert [change for change in journal if change.state is State.UNKNOWN] == []
        turn.count("changes", len(journal))
        turn.count("events told", sum(len(listener.told) for listener in listeners))
        turn.count("connections", sum(listener.connections for listener in listeners))
        turn.tell(f"{self._server.megabytes:.0f} MB")


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database, all against one server."""
    with demo_database(rounds.target) as url, TemporaryDirectory(prefix="tabard-streams-") as folder:
        crowded = Crowded(url, Path(folder))
        try:
            for turn in rounds:
                with turn:
                    asyncio.run(crowded.play(turn, int(turn.seconds * 20)))
        finally:
            crowded.close()


if __name__ == "__main__":
    sys.exit(Soak("streams", __doc__, {SQLITE: 10, POSTGRESQL: 10}, seconds=20.0).run(play))
