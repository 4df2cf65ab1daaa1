"""P21 and P22: PostgreSQL goes away in every way there is, while clients ask, change and listen; nothing is lost."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import httpx2
import sqlalchemy as sa

from tests.promises.support.crowd import OK, Crowd, Reply, slowest
from tests.promises.support.listening import Listener, changes_after, last_place
from tests.promises.support.traces import traces, versions
from tests.promises.support.writers import Change, Client, State, Writer, retry
from tests.soak.frame import Round, Rounds, Soak
from tests.support.databases import Templates, bundled
from tests.support.gateways import load_demo
from tests.support.outages import PrivateServer, private_server
from tests.support.proxy import Proxy, Weather, proxied
from tests.support.servers import RunningServer, token

QUERY: Final = "{ viewer { name } workspace { name customers { owned { totalCount } } } }"
WRITERS: Final = 4
READERS: Final = 4
CALM: Final = 20  # changes that are acknowledged before the outage
PACE: Final = 0.02
PATIENCE: Final = 120
# Of a refusal, and of the first answer when the database is back.
REFUSED_WITHIN: Final = 2.0
BACK_WITHIN: Final = 5.0
FAR: Final = 3.0
FAULTS: Final = ("stopped", "frozen", "far", "unreachable", "reset", "blackhole", "half_open")


class Paced(Client):
    """A client of changes who waits a little between them, and notes each refusal."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address, token)
        self.refusals: Counter[str] = Counter()
        self.slow: list[float] = []

    async def post(self, change: Change) -> httpx2.Response:
        """The answer, which is the change's or a coded refusal."""
        began = perf_counter()
        answer = await super().post(change)
        errors = answer.json().get("errors")
        if errors:
            self.slow.append(perf_counter() - began)
            self.refusals[errors[0]["extensions"]["code"]] += 1
        await asyncio.sleep(PACE)
        return answer


@dataclass
class Asker:
    """Somebody who asks again and again."""

    crowd: Crowd
    replies: list[Reply] = field(default_factory=list)

    async def ask(self) -> None:
        """Goes on until cancelled."""
        while True:
            self.replies.append(await self.crowd.ask())
            await asyncio.sleep(PACE)


class Outages:
    """A server whose database goes away; `faults` are the ways."""

    def __init__(self, server: RunningServer, private: PrivateServer, proxy: Proxy, url: str) -> None:
        self.server = server
        self._private = private
        self._proxy = proxy
        self._url = url
        self.token = token(url)
        self.faults: dict[str, tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = {
            "stopped": (self._in_thread(private.stop), self._in_thread(private.start)),
            "frozen": (self._in_thread(private.freeze), self._in_thread(private.thaw)),
            "far": (self._latency(FAR), self._latency(0.0)),
            "unreachable": (proxy.stop, proxy.start),
            **{
                weather.name.lower(): (self._weather(weather), self._weather(Weather.FAIR))
                for weather in (Weather.RESET, Weather.BLACKHOLE, Weather.HALF_OPEN)
            },
        }

    def _in_thread(self, act: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        return lambda: asyncio.to_thread(act)

    def _latency(self, seconds: float) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self._proxy.latency = seconds

        return act

    def _weather(self, weather: Weather) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self._proxy.weather = weather

        return act

    async def play(self, turn: Round, name: str) -> None:
        """One outage, from calm to calm; raises AssertionError for whatever is not as promised."""
        before, since, last = await versions(self._url), datetime.now(UTC), await last_place(self._url)
        address, crowd = self.server.address, Crowd(self.server.address, self.token, QUERY)
        listeners = [Listener(address, self.token, is_socket) for is_socket in (True, False)]
        askers = [Asker(crowd) for _ in range(READERS)]
        async with Paced(address, self.token) as client:
            writers = await self._writers(client, turn)
            async with AsyncExitStack() as stack:
                stack.push_async_callback(crowd.close)
                await stack.enter_async_context(running(*(listener.listen() for listener in listeners)))
                for listener in listeners:
                    await listener.began.wait()
                await stack.enter_async_context(running(*(asker.ask() for asker in askers)))
                await stack.enter_async_context(running(*(writer.write(client) for writer in writers)))
                await acknowledged(writers, CALM)
                worst = await self._outage(turn, name)
                await acknowledged(writers, CALM)
                for writer in writers:
                    writer.is_done = True
                await self._settled(writers)
                refusals, waits = +client.refusals, client.slow[:]
                journal = [change for writer in writers for change in writer.journal]
                await retry(client, [change for change in journal if change.state is State.UNKNOWN])
                (await traces(self._url, since, before)).check(journal)
                changes = await changes_after(self._url, last)
                for listener in listeners:
                    await listener.heard(changes)
        replies = [reply for asker in askers for reply in asker.replies]
        waits += [reply.seconds for reply in replies if reply.code != OK]
        counts = Counter(reply.code for reply in replies)
        heard = " and ".join(str(len(listener.told)) for listener in listeners)
        turn.tell(
            f"{name}: queries {dict(counts)}, refused changes {dict(refusals)}, events told {heard}, "
            f"slowest refusal {max(waits, default=0):.2f} s"
        )
        turn.count("changes", len(journal))
        turn.count("events told", len(changes) * len(listeners))
        assert worst == {200, 503}, f"/readyz said {worst}"
        odd = {*counts, *refusals} - {OK, "UNAVAILABLE"}
        assert odd == set(), f"{odd}; the server says\n{self.server.exceptions}"
        assert [reply for reply in replies if not reply.is_promised and reply.status != 200] == []
        assert slowest(waits) <= REFUSED_WITHIN, f"a refusal took {max(waits):.2f} s"
        assert [listener.connections for listener in listeners] == [1, 1], "a stream was cut off"

    async def _writers(self, client: Client, turn: Round) -> list[Writer]:
        shared = await client.shared()
        names = [f"{turn.seed}-{turn.number}-{place}" for place in range(WRITERS)]
        return [Writer(name, random.Random(turn.random.random()), shared, lambda: None) for name in names]

    async def _outage(self, turn: Round, name: str) -> set[int]:
        """Lets the database go away for a while; what /readyz said when it was gone and when it was back."""
        leave, come = self.faults[name]
        await leave()
        try:
            found = {await self._ready(503)}
            await asyncio.sleep(turn.seconds)
            assert (await self._get("/livez")) == 200
        finally:
            await come()
        began = perf_counter()
        found.add(await self._ready(200))
        back = perf_counter() - began
        turn.measure(f"back after {name}", back)
        assert back <= BACK_WITHIN
        return found

    async def _ready(self, status: int) -> int:
        """Asks until /readyz says so."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self._get("/readyz")) != status:  # noqa: ASYNC110 - a probe asks
                await asyncio.sleep(PACE)
        return found

    async def _get(self, path: str) -> int:
        async with httpx2.AsyncClient(base_url=self.server.address, timeout=PATIENCE) as client:
            return (await client.get(path)).status_code

    async def _settled(self, writers: list[Writer]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(writer.has_ended for writer in writers):  # noqa: ASYNC110 - each ends by itself
                await asyncio.sleep(PACE)


@asynccontextmanager
async def running(*works: Awaitable[None]) -> AsyncIterator[None]:
    """Tasks that run meanwhile; what fails in one is raised at the end."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        # What has gone wrong in one explains what is missed elsewhere.
        failed = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for error in failed:
            if error is not None:
                raise error


async def acknowledged(writers: list[Writer], more: int) -> None:
    """Waits until so many more changes were acknowledged."""

    def count() -> int:
        return sum(change.state is State.ACKNOWLEDGED for writer in writers for change in writer.journal)

    wanted = count() + more
    async with asyncio.timeout(PATIENCE):
        while count() < wanted:  # noqa: ASYNC110 - the writers tell nobody
            await asyncio.sleep(PACE)


@asynccontextmanager
async def outages() -> AsyncIterator[Outages]:
    """A server on a PostgreSQL of its own, behind a network of its own."""
    with TemporaryDirectory(prefix="tabard-outage-") as folder, private_server() as private:
        template = await asyncio.to_thread(
            Templates(Path(folder), load_demo).postgres, private.server, bundled()
        )
        with private.server.fresh_database(template) as url:
            async with proxied(private.address) as proxy:
                through = sa.make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
                server = await asyncio.to_thread(RunningServer, Path(folder), through)
                try:
                    yield await asyncio.to_thread(Outages, server, private, proxy, url)
                finally:
                    server.kill()


async def play_all(rounds: Rounds) -> None:
    """All outages of one kind, against one server."""
    async with outages() as made:
        for turn in rounds:
            with turn:
                await made.play(turn, rounds.target)


def play(rounds: Rounds) -> None:
    """The outages of one kind."""
    asyncio.run(play_all(rounds))


if __name__ == "__main__":
    sys.exit(Soak("outage", __doc__, dict.fromkeys(FAULTS, 10), seconds=3.0).run(play))
