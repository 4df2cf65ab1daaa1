"""P20 and P26: what the probes and metrics say while streams are open, the database is gone and the server ends."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from tests.gateway.live.changes import CHANGED, RENAME
from tests.soak.outage import outages
from tests.support.events import told
from tests.support.postgres import NoPostgresError
from tests.support.servers import PATIENCE
from tests.support.sockets import opened


@pytest.mark.promise("P20", "P21", "P26")
async def test_a_server_without_its_database_and_with_streams_says_so_and_ends() -> None:
    try:
        async with (
            outages() as made,
            httpx2.AsyncClient(base_url=made.server.address, timeout=PATIENCE) as client,
        ):

            async def until(path: str, said: str) -> None:
                async with asyncio.timeout(PATIENCE):
                    while said not in (await client.get(path)).text:  # noqa: ASYNC110 - a probe asks
                        await asyncio.sleep(0.02)

            async def ask(query: str, **variables: str) -> Any:
                asked = {"query": query, "variables": variables}
                answer = await client.post(
                    "/graphql", json=asked, headers={"authorization": f"Bearer {made.token}"}
                )
                return answer.json()["data"]

            ws = made.server.address.replace("http", "ws", 1)
            company = (await ask("{ companies(first: 1) { nodes { id } } }"))["companies"]["nodes"][0]["id"]
            async with (
                opened(ws, made.token) as socket,
                told(made.server.address, made.token, CHANGED) as events,
            ):
                await ask(RENAME, record=company, name="First")
                first = (await events.next())[1]["data"]["recordChanged"]["cursor"]
                await ask(RENAME, record=company, name="Second")
                await events.next()
                await socket.subscribe("s", CHANGED, after=first)
                assert (await socket.receive())["type"] == "next"
                await until("/metrics", "tabard_streams_open 2.0")
                await until("/readyz", '"status":"ready"')
                leave, come = made.faults["stopped"]
                await leave()
                try:
                    await until("/readyz", '"status":"unavailable"')
                    await until("/metrics", "tabard_database_lost 1.0")
                    assert "tabard_streams_open 2.0" in (await client.get("/metrics")).text
                    assert (await client.get("/livez")).status_code == 200
                    made.server.tell_to_end()
                    assert await events.rest() == [("complete", None)]
                    assert (await socket.receive())["type"] == "complete"
                    assert (await socket.closed())[0] == 1012
                    assert await asyncio.to_thread(made.server.end) == 0
                finally:
                    await come()
    except NoPostgresError as absence:
        pytest.skip(f"NO END WITHOUT A DATABASE WAS TESTED: {absence}")
