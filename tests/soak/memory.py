"""P27: half an hour of queries, churning subscriptions and a plugin that makes every mistake; nothing is left.

Memory is that of the server's process. It may grow by a megabyte in ten minutes once it is warm, and its tasks,
connections and streams have to be as few in the end as they were at first.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.promises.support import careless
from tests.promises.support.crowd import OK, Crowd, codes
from tests.promises.support.listening import Listener
from tests.promises.support.writers import Writer
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.outage import Asker, Paced, running
from tests.soak.places import POSTGRESQL, SQLITE, demo_database
from tests.soak.streams import Restless
from tests.support.servers import RunningServer, token

QUERY: Final = "{ companies(first: 20) { totalCount nodes { name owner { name } } } }"
BAD: Final = (
    "{ carelessRaise }",
    "{ carelessExit }",
    "{ carelessInterrupt }",
    "{ carelessOrphan }",
    "{ carelessHuge }",
    "{ companies(first: 20) { nodes { name carelessValue } } }",
    "{ carelessHang }",
)
RESTLESS: Final = 8
WARM: Final = 0.25  # of the time
LOOKS: Final = 100
GROWTH: Final = 1.0  # megabytes in ten minutes, and at least one in all
TEN_MINUTES: Final = 600.0
PATIENCE: Final = 60
KEPT: Final = (
    "tabard_tasks",
    "tabard_streams_open",
    "tabard_database_connections",
    "tabard_requests_running",
)


class Memory:
    """A server with a bad plugin, and all who use it; close it in the end."""

    def __init__(self, url: str, folder: Path) -> None:
        self._token = token(url)
        settings = {"PYTHONPATH": careless.install(folder / "installed"), "TABARD_RATE__POINTS": "0"}
        self._server = RunningServer(folder, url, **settings)

    def close(self) -> None:
        """Ends the server."""
        self._server.kill()

    async def play(self, turn: Round) -> None:
        """So long; raises AssertionError when something has grown."""
        address = self._server.address
        crowds = {query: Crowd(address, self._token, query) for query in (QUERY, *BAD)}
        askers = {query: Asker(crowd) for query, crowd in crowds.items()}
        listeners: list[Listener] = [
            Restless(address, self._token, is_socket=number % 2 == 0) for number in range(RESTLESS)
        ]
        before = await self._kept()
        async with Paced(address, self._token) as client:
            writer = Writer(str(turn.seed), turn.random, await client.shared(), lambda: None)
            works = [
                *(asker.ask() for asker in askers.values()),
                *(listener.listen() for listener in listeners),
            ]
            async with running(*works, writer.write(client)):
                looks = await self._watched(turn)
        for crowd in crowds.values():
            await crowd.close()
        await self._settled(before)
        grown = self._tell(turn, looks)
        turn.count("queries", len(askers[QUERY].replies))
        turn.count("failures of the plugin", sum(len(askers[query].replies) for query in BAD))
        turn.count("changes", len(writer.journal))
        turn.count("streams", sum(listener.connections for listener in listeners))
        told = codes(askers[QUERY].replies)
        turn.tell(f"others were told {dict(told)}")
        assert all(reply.is_promised for reply in askers[QUERY].replies)
        assert told[OK] == told.total(), "the plugin has cost others their answers"
        assert grown <= max(GROWTH * turn.seconds * (1 - WARM) / TEN_MINUTES, GROWTH)

    async def _watched(self, turn: Round) -> list[float]:
        """Megabytes, looked at again and again once the server is warm."""
        await asyncio.sleep(WARM * turn.seconds)
        end, looks = perf_counter() + (1 - WARM) * turn.seconds, list[float]()
        while perf_counter() < end:
            looks.append(self._server.megabytes)
            await asyncio.sleep((1 - WARM) * turn.seconds / LOOKS)
        return looks

    def _tell(self, turn: Round, looks: list[float]) -> float:
        """By how many megabytes it has grown, from the first quarter of the looks to the last."""
        quarter = len(looks) // 4
        first, last = statistics.median(looks[:quarter]), statistics.median(looks[-quarter:])
        slope = (last - first) / (0.75 * (1 - WARM) * turn.seconds) * TEN_MINUTES
        turn.tell(f"{first:.1f} MB, then {last:.1f} MB: {slope:+.2f} MB in ten minutes")
        return last - first

    async def _kept(self) -> Counter[str]:
        """How many of each thing that has to be given back there are."""
        async with httpx2.AsyncClient(base_url=self._server.address, timeout=PATIENCE) as client:
            text = (await client.get("/metrics")).text
        samples = (item for family in text_string_to_metric_families(text) for item in family.samples)
        return Counter({item.name: int(item.value) for item in samples if item.name in KEPT})

    async def _settled(self, before: Counter[str]) -> None:
        """Waits until everything is given back."""
        end = perf_counter() + PATIENCE
        while more := await self._kept() - before:
            assert perf_counter() < end, f"not given back: {dict(more)}"
            await asyncio.sleep(1)


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database, all against one server."""
    with demo_database(rounds.target) as url, TemporaryDirectory(prefix="tabard-memory-") as folder:
        memory = Memory(url, Path(folder))
        try:
            for turn in rounds:
                with turn:
                    asyncio.run(memory.play(turn))
        finally:
            memory.close()


if __name__ == "__main__":
    sys.exit(Soak("memory", __doc__, {SQLITE: 1, POSTGRESQL: 1}, seconds=1_800.0).run(play))
