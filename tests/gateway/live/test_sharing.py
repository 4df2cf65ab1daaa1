"""Sharing: places and points are the same whichever way somebody asks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.gateway.live.changes import CHANGED
from tests.support.events import told
from tests.support.services import Running
from tests.support.sockets import opened

pytestmark = pytest.mark.promise("P23")

QUERY = "{ viewer { name } }"
POINTS = "query {" + " ".join(f"a{place}: rateLimit {{ cost }}" for place in range(60)) + "}"
DEAR = "{ companies(first: 40) { nodes { owner { name } } } }"


async def over_http(server: Running, token: str, query: str) -> Any:
    async with httpx2.AsyncClient(timeout=30) as client:
        headers = {"authorization": f"Bearer {token}"}
        answer = await client.post(f"{server.http}/graphql", json={"query": query}, headers=headers)
    return answer.json()


async def over_a_socket(server: Running, token: str, query: str) -> Any:
    async with opened(server.ws, token) as client:
        await client.subscribe("q", query)
        message = await client.receive()
    return message["payload"] if message["type"] == "next" else {"errors": message["payload"]}


async def over_events(server: Running, token: str, query: str) -> Any:
    async with told(server.http, token, query) as stream:
        if stream.response.status_code != httpx2.codes.OK:
            return json.loads(await stream.response.aread())
        (_, answer), *_ = await stream.rest()
    return answer


WAYS = {"http": over_http, "socket": over_a_socket, "events": over_events}


def refusal(answer: Any) -> tuple[str, bool]:
    """The code of a refusal, and whether it says when to come back."""
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["extensions"]["retryAfter"] >= 1


@pytest.mark.parametrize("settings", [{"load": {"running": 1, "waiting": 3, "wait_seconds": 600}}])
async def test_a_query_waits_for_a_place_and_is_refused_where_too_many_wait(embedded: Running) -> None:
    csm, load = embedded.token("csm"), embedded.service.gateway.load
    embedded.within(load.enter())
    waiting = [asyncio.create_task(ask(embedded, csm, QUERY)) for ask in WAYS.values()]
    async with asyncio.timeout(60):
        while load.waiting < len(waiting):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.005)
    for ask in WAYS.values():
        assert refusal(await ask(embedded, csm, QUERY)) == ("OVERLOADED", True)
    embedded.loop.call_soon_threadsafe(load.leave)
    assert ["errors" in answer for answer in await asyncio.gather(*waiting)] == [False] * len(WAYS)
    assert (load.running, load.waiting, load.shed) == (0, 0, len(WAYS))


@pytest.mark.parametrize("settings", [{"load": {"running": 1, "waiting": 0}}])
async def test_an_open_subscription_takes_no_place(embedded: Running) -> None:
    csm = embedded.token("csm")
    async with opened(embedded.ws, csm) as client, told(embedded.http, csm, CHANGED):
        await client.subscribe("s", CHANGED)
        await embedded.until(lambda streams: streams.open == 2)
        assert "errors" not in await over_http(embedded, csm, QUERY)


@pytest.mark.parametrize(
    "settings", [{"rate": {"points": 100, "restored_per_second": 1}, "limits": {"cost": 100}}]
)
@pytest.mark.parametrize("spent", WAYS)
async def test_points_that_are_spent_one_way_are_missing_in_every_other(
    embedded: Running, spent: str
) -> None:
    csm = embedded.token("csm")
    while "errors" not in (answer := await WAYS[spent](embedded, csm, DEAR)):
        pass
    assert refusal(answer) == ("RATE_LIMITED", True)
    for ask in WAYS.values():
        assert refusal(await ask(embedded, csm, DEAR)) == ("RATE_LIMITED", True)
    assert "errors" not in await over_http(embedded, embedded.token("manager"), DEAR)


@pytest.mark.parametrize(
    "settings", [{"rate": {"points": 100, "restored_per_second": 1}, "limits": {"cost": 100}}]
)
async def test_a_subscription_is_paid_for_when_it_is_opened(embedded: Running) -> None:
    csm, opened_ones = embedded.token("csm"), 0
    async with opened(embedded.ws, csm) as client:
        while True:
            await client.subscribe(str(opened_ones), CHANGED)
            await client.send("ping")
            message = await client.receive()
            if message["type"] == "error":
                break
            assert message["type"] == "pong"
            opened_ones += 1
        assert refusal({"errors": message["payload"]}) == ("RATE_LIMITED", True)
        assert refusal(await over_http(embedded, csm, DEAR)) == ("RATE_LIMITED", True)
    assert opened_ones > 1


# One request takes nearly all, and what is restored while the test runs pays for no other.
SCARCE = {
    "rate": {"points": 70, "restored_per_second": 1},
    "limits": {"cost": 70, "aliases": 60, "root_fields": 60},
}
CLIENT, OTHER = "203.0.113.7", "203.0.113.8"


async def without_a_token(server: Running, forwarded: str) -> str:
    """What somebody is told whom a proxy on this machine says to be elsewhere."""
    async with httpx2.AsyncClient(timeout=30) as client:
        headers = {"x-forwarded-for": forwarded, "x-real-ip": OTHER, "forwarded": f"for={OTHER}"}
        answer = await client.post(f"{server.http}/graphql", json={"query": POINTS}, headers=headers)
    errors = answer.json().get("errors")
    return errors[0]["extensions"]["code"] if errors else "OK"


@pytest.mark.parametrize(
    ("settings", "elsewhere"),
    [(SCARCE, "OK"), (SCARCE | {"proxies": "192.0.2.0/24"}, "RATE_LIMITED")],
    ids=["proxy", "no proxy of ours"],
)
async def test_callers_without_a_token_are_told_apart_by_what_our_own_proxies_say(
    embedded: Running, elsewhere: str
) -> None:
    while await without_a_token(embedded, CLIENT) == "OK":
        pass
    # What a client itself has written stands before what the proxy adds.
    assert await without_a_token(embedded, f"{OTHER}, {CLIENT}") == "RATE_LIMITED"
    assert await without_a_token(embedded, OTHER) == elsewhere
