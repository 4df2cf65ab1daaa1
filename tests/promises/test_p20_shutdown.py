"""P20: a server that is told to end is unready at once, finishes what it has begun, and refuses the rest."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.servers import PATIENCE, RunningServer, token

pytestmark = pytest.mark.promise("P20", "P26")

QUERY = "{ viewer { name } workspace { customers { owned { totalCount } } } }"


@pytest.fixture
def server(tmp_path: Path, demo_sqlite_url: str) -> Iterator[RunningServer]:
    """A server in a process of its own."""
    running = RunningServer(tmp_path, demo_sqlite_url)
    yield running
    running.kill()


class Asker:
    """Somebody whose token is good; asks on a new connection each time."""

    def __init__(self, server: RunningServer, url: str) -> None:
        self.server = server
        self.headers = {
            "authorization": f"Bearer {token(url)}",
            "accept": "application/graphql-response+json",
            "content-type": "application/json",
        }

    async def get(self, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.server.address, timeout=PATIENCE) as client:
            return await client.get(path)

    async def ask(self, reach: Callable[[], None] = lambda: None) -> str:
        """What came of it: OK, the error's code, or that nobody was there, or not for long enough to accept.

        `reach` is called once the server is reached.
        """

        async def trace(event: str, _: object) -> None:
            if event == "connection.connect_tcp.complete":
                reach()

        try:
            async with httpx2.AsyncClient(base_url=self.server.address, timeout=PATIENCE) as client:
                answer = await client.post(
                    "/graphql", json={"query": QUERY}, headers=self.headers, extensions={"trace": trace}
                )
        except httpx2.ConnectError:
            return "NOBODY"
        except httpx2.ReadError:
            return "NOT ACCEPTED"
        content = answer.json()
        if "errors" not in content:
            return "OK"
        code = str(content["errors"][0]["extensions"]["code"])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["connection"] == "close"
        return code


async def test_a_request_that_has_begun_is_answered_while_new_ones_are_refused(
    server: RunningServer, demo_sqlite_url: str
) -> None:
    asker = Asker(server, demo_sqlite_url)
    body = json.dumps({"query": QUERY}).encode()
    half, is_told, may_go_on = len(body) // 2, asyncio.Event(), asyncio.Event()

    async def slowly() -> Any:
        yield body[:half]
        is_told.set()
        await may_go_on.wait()
        yield body[half:]

    async with httpx2.AsyncClient(base_url=server.address, timeout=PATIENCE) as client:
        begun = asyncio.create_task(client.post("/graphql", content=slowly(), headers=asker.headers))
        await is_told.wait()
        # The half that was sent has arrived when a later request on another connection has been answered.
        assert await asker.ask() == "OK"
        server.tell_to_end()
        async with asyncio.timeout(PATIENCE):
            while (ready := await asker.get("/readyz")).status_code == 200:
                pass
        assert ready.json() == {"status": "stopping", "probes": []}
        assert (await asker.get("/livez")).status_code == 200
        async with asyncio.timeout(PATIENCE):
            while (refused := await asker.ask()) == "OK":
                pass
        assert refused == "UNAVAILABLE"
        may_go_on.set()
        answer = await begun
    assert answer.status_code == 200
    assert "errors" not in answer.json()
    assert await asyncio.to_thread(server.end) == 0


async def test_no_request_fails_that_was_sent_before_the_end(
    server: RunningServer, demo_sqlite_url: str, record_property: Any
) -> None:
    asker, told = Asker(server, demo_sqlite_url), asyncio.Event()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()

    async def keep_asking() -> None:
        found, counted = "", after

        def reach() -> None:
            nonlocal counted
            counted = after if told.is_set() else before

        while found != "NOBODY":
            counted = after
            found = await asker.ask(reach)
            counted[found] += 1

    asking = [asyncio.create_task(keep_asking()) for _ in range(8)]
    async with asyncio.timeout(PATIENCE):
        while before.total() < 40:  # noqa: ASYNC110 - counting is enough
            await asyncio.sleep(0.01)
    told.set()
    server.tell_to_end()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*asking)
    assert set(before) == {"OK"}
    # Whoever connects while the door closes may stand before it; who had sent a request before has an answer.
    assert set(after) <= {"OK", "UNAVAILABLE", "NOT ACCEPTED", "NOBODY"}
    assert await asyncio.to_thread(server.end) == 0
    record_property("asked", before.total() + after.total())


async def test_a_server_can_linger_until_load_balancers_have_turned_away(
    tmp_path: Path, demo_sqlite_url: str
) -> None:
    server = RunningServer(tmp_path, demo_sqlite_url, TABARD_LOAD__FAREWELL_SECONDS="2")
    try:
        asker = Asker(server, demo_sqlite_url)
        server.tell_to_end()
        async with asyncio.timeout(PATIENCE):
            while (await asker.get("/readyz")).status_code == 200:
                pass
        assert await asker.ask() == "OK"
        assert await asyncio.to_thread(server.end) == 0
    finally:
        server.kill()
