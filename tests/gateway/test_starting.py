"""P26: what `tabard serve` tells from the moment its port is open until it can answer."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from websockets.exceptions import InvalidStatus

from gateway.exits import Exit
from tabard.migrating.ledger import ledger
from tests.gateway.test_cli_serve import PATIENCE, POSIX, ask, entry, started, token
from tests.support.databases import connected
from tests.support.sockets import opened

STARTING = {
    "message": "The server is starting; send the same request again.",
    "extensions": {"code": "UNAVAILABLE", "retryAfter": 1},
}


@asynccontextmanager
async def held_up(url: str) -> AsyncIterator[AsyncConnection]:
    """A database that does not say which migrations it has, until the connection's transaction ends."""
    async with connected(url) as connection:
        await connection.execute(sa.text(f"LOCK TABLE {ledger.name} IN ACCESS EXCLUSIVE MODE"))
        yield connection


def refusal(answer: dict[str, Any]) -> dict[str, Any]:
    """The only error of an answer without data, but for its request's id."""
    assert answer.keys() == {"errors"}
    (error,) = answer["errors"]
    assert error["extensions"].pop("requestId")
    return dict(error)


@pytest.mark.promise("P26")
async def test_a_server_that_is_getting_ready_lives_and_refuses_whoever_comes(
    tmp_path: Path, demo_postgres_url: str
) -> None:
    url = demo_postgres_url
    async with held_up(url) as connection:
        with started(tmp_path, url, TABARD_DEVELOPMENT="true") as popen:
            address = entry(popen, "starting")["address"]
            async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
                live, ready = await client.get("/livez"), await client.get("/readyz")
                assert (live.status_code, live.json()) == (200, {"status": "live"})
                assert (ready.status_code, ready.json()) == (503, {"status": "starting", "probes": []})
                asked = await client.post("/graphql", json={"query": "{ __typename }"})
                assert (asked.status_code, asked.headers["retry-after"]) == (503, "1")
                assert refusal(asked.json()) == STARTING
                personas = await client.get("/graphiql/personas")
                assert (personas.status_code, refusal(personas.json())) == (503, STARTING)
                with pytest.raises(InvalidStatus) as denied:
                    async with opened(address.replace("http", "ws", 1)):
                        pass
                assert denied.value.response.status_code == 503
                assert refusal(json.loads(denied.value.response.body)) == STARTING

                await connection.rollback()
                entry(popen, "serving")
                ready = await client.get("/readyz")
                assert (ready.status_code, ready.json()["status"]) == (200, "ready")
                answer = ask(f"{address}/graphql", token(url))
                assert answer["data"] == {"viewer": {"name": "Dario Conti"}}


@POSIX
@pytest.mark.promise("P20")
async def test_a_server_that_is_told_to_end_while_it_gets_ready_ends_at_once(
    tmp_path: Path, demo_postgres_url: str
) -> None:
    async with held_up(demo_postgres_url):
        # Nobody sends it requests yet, so that no load balancer has to be waited for.
        with started(tmp_path, demo_postgres_url, TABARD_LOAD__FAREWELL_SECONDS="100000") as popen:
            entry(popen, "starting")
            popen.send_signal(signal.SIGTERM)
            assert popen.wait(PATIENCE) == 0


async def test_a_server_that_cannot_get_ready_says_why_and_ends(
    tmp_path: Path, demo_postgres_url: str
) -> None:
    async with connected(demo_postgres_url) as connection:
        await connection.execute(sa.delete(ledger).where(ledger.c.plugin == "services"))
    with started(tmp_path, demo_postgres_url) as popen:
        _, said = popen.communicate(timeout=PATIENCE)
        assert popen.returncode == Exit.DATABASE
    assert said.splitlines()[-1] == (
        "tabard: the database lacks 1 migration(s): services_0001 (First tables); "
        "run `tabard migrate`, then start"
    )
