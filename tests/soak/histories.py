"""P19: clients read and change one record at once; one order of all they did must explain their answers."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from tabard.testing import Gateway
from tests.promises.support.history import History, Seen
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, demo_database
from tests.support.databases import bundled

PATIENCE: Final = 120
CLIENTS: Final = 6
STEPS: Final = 5
# PostgreSQL is served by any number of processes; SQLite by one.
SERVERS: Final = {SQLITE: 1, POSTGRESQL: 2}
CREATE: Final = """mutation {
  recordCreate(input: { objectType: "company", properties: [{ key: "name", value: { text: "first" } }] }) {
    record { id version }
  }
}"""
READ: Final = "query ($record: ID!) { node(id: $record) { ... on Company { version name } } }"
WRITE: Final = """mutation ($record: ID!, $name: String!, $version: Int) {
  recordUpdate(input: {
    record: $record, ifVersion: $version, properties: [{ key: "name", value: { text: $name } }]
  }) {
    record { ... on Company { version name } }
    userErrors { code ... on StaleVersionError { currentVersion } }
  }
}"""


@dataclass
class Client:
    """Acts at random on one record, and puts into the history what it did and was told."""

    gateway: Gateway
    record: str
    history: History
    random: random.Random
    names: itertools.count[int]
    known: int = 1
    counts: dict[str, int] = field(default_factory=dict)

    async def act(self) -> None:
        """A few steps, one after the other."""
        for _ in range(STEPS):
            await self.random.choice(self._steps)()

    @property
    def _steps(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return (self._read, self._write, self._write_known, self._write_known, self._give_up)

    async def _read(self) -> None:
        begun = self.history.now()
        data = await self.gateway.query(READ, {"record": self.record})
        self._saw(data["node"])
        self.history.read(begun, Seen(**_as_seen(data["node"])))

    async def _write(self) -> None:
        await self._answered(self._name(), None)

    async def _write_known(self) -> None:
        await self._answered(self._name(), self.known)

    async def _give_up(self) -> None:
        """Writes, and goes away after a moment, as a browser does."""
        name, version = self._name(), self.random.choice((None, self.known))
        begun = self.history.now()
        asked: asyncio.Task[Any] = asyncio.create_task(self._ask(name, version))
        await asyncio.wait([asked], timeout=self.random.random() / 50)
        asked.cancel()
        await asyncio.wait([asked])
        if asked.cancelled():
            self._count("given up")
            self.history.lost(begun, name, version)
        else:
            self._note(begun, name, version, asked.result())

    async def _answered(self, name: str, version: int | None) -> None:
        begun = self.history.now()
        self._note(begun, name, version, await self._ask(name, version))

    async def _ask(self, name: str, version: int | None) -> Any:
        """The payload; None from a server that is too busy, which tells nothing of the write."""
        variables = {"record": self.record, "name": name, "version": version}
        answer = await self.gateway.execute(WRITE, variables)
        assert answer.codes in ([], ["UNAVAILABLE"]), answer.errors
        return answer.data["recordUpdate"] if answer.data else None

    def _note(self, begun: int, name: str, version: int | None, answer: Any) -> None:
        if answer is None:
            self._count("turned away")
            self.history.lost(begun, name, version)
        elif answer["userErrors"]:
            (error,) = answer["userErrors"]
            assert (error["code"], version is None) == ("STALE", False)
            assert version is not None
            self._count("refused")
            self.known = error["currentVersion"]
            self.history.refused(begun, version, error["currentVersion"])
        else:
            self._count("written")
            self._saw(answer["record"])
            self.history.wrote(begun, name, version, Seen(**_as_seen(answer["record"])))

    def _saw(self, record: Any) -> None:
        self.known = record["version"]

    def _name(self) -> str:
        """Mostly a new name, sometimes one that may be there already."""
        return f"name {next(self.names)}" if self.random.random() < 3 / 4 else "same"

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def _as_seen(record: Any) -> dict[str, Any]:
    return {"version": record["version"], "value": record["name"]}


async def play_one(gateways: Sequence[Gateway], turn: Round) -> None:
    """One history of a new record; raises AssertionError, with the history, when nothing explains it."""
    made = (await gateways[0].query(CREATE))["recordCreate"]["record"]
    history = History(Seen(made["version"], "first"))
    names = itertools.count()
    clients = [
        Client(gateway, made["id"], history, random.Random(turn.random.random()), names)
        for gateway, _ in zip(itertools.cycle(gateways), range(CLIENTS), strict=False)
    ]
    await asyncio.gather(*(client.act() for client in clients))
    for client in clients:
        for name, number in client.counts.items():
            turn.count(name, number)
    assert history.is_linearizable, f"no order explains this history\n{history}"


async def play_all(url: str, servers: int, rounds: Rounds) -> None:
    """The histories on one database, behind some servers."""
    async with AsyncExitStack() as stack:
        opened = [Gateway.on(url, *bundled(), plugin_limit=PATIENCE) for _ in range(servers)]
        gateways = [await stack.enter_async_context(one) for one in opened]
        for turn in rounds:
            with turn:
                await play_one(gateways, turn)


def play(rounds: Rounds) -> None:
    """The histories on one kind of database."""
    with demo_database(rounds.target) as url:
        asyncio.run(play_all(url, SERVERS[rounds.target], rounds))


if __name__ == "__main__":
    sys.exit(Soak("histories", __doc__, {SQLITE: 1000, POSTGRESQL: 1000}).run(play))
