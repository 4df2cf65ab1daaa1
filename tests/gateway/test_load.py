"""Load: places are bounded, given in turn, never lost, and whoever is too many hears so at once."""

import asyncio
import random

import httpx2
import pytest

from gateway.load import Load, LoadSettings
from gateway.refusal import Refusal
from tests.gateway.sample import SampleEngine

pytestmark = pytest.mark.promise("P23")


def load(running: int = 2, waiting: int = 2, wait_seconds: float = 20.0) -> Load:
    return Load(LoadSettings(running=running, waiting=waiting, wait_seconds=wait_seconds))


async def waiter(load: Load, order: list[int], number: int) -> None:
    await load.enter()
    order.append(number)


async def test_a_place_that_comes_free_goes_to_whoever_has_waited_longest() -> None:
    taken, order = load(), list[int]()
    await taken.enter()
    await taken.enter()
    waiting = [asyncio.create_task(waiter(taken, order, number)) for number in range(2)]
    await asyncio.sleep(0)
    assert (taken.running, taken.waiting, order) == (2, 2, [])
    for expected in ([0], [0, 1]):
        taken.leave()
        await asyncio.sleep(0)
        assert order == expected
    taken.leave()
    taken.leave()
    assert (taken.running, taken.waiting) == (0, 0)
    await asyncio.gather(*waiting)


async def test_whoever_is_too_many_is_refused_at_once_and_told_when_to_come_back() -> None:
    taken = load(running=1, waiting=1)
    await taken.enter()
    waiting = asyncio.create_task(taken.enter())
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as refused:
        taken.require_open()
    assert refused.value.extensions == {"code": "OVERLOADED", "retryAfter": 1}
    with pytest.raises(Refusal):
        await taken.enter()
    assert taken.shed == 2
    taken.leave()
    await waiting


async def test_whoever_waits_too_long_is_refused() -> None:
    taken = load(running=1, wait_seconds=0.01)
    await taken.enter()
    with pytest.raises(Refusal):
        await taken.enter()
    assert (taken.running, taken.waiting, taken.shed) == (1, 0, 1)


async def test_no_place_is_lost_however_requests_end() -> None:
    chance, taken = random.Random(23), load(running=5, waiting=20, wait_seconds=0.005)

    async def request() -> None:
        await taken.enter()
        try:
            await asyncio.sleep(chance.random() * 0.004)
        finally:
            taken.leave()

    for _ in range(40):
        requests = [asyncio.create_task(request()) for _ in range(25)]
        for victim in chance.sample(requests, 12):
            await asyncio.sleep(chance.random() * 0.001)
            victim.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
    assert (taken.running, taken.waiting) == (0, 0)


async def test_a_server_that_ends_waits_for_whoever_is_inside() -> None:
    taken = load()
    taken.inside = 1
    ending = asyncio.create_task(taken.finish(20))
    await asyncio.sleep(0.05)
    assert not ending.done()
    with pytest.raises(Refusal) as refused:
        taken.require_open()
    assert refused.value.extensions == {"code": "UNAVAILABLE", "retryAfter": 1}
    assert refused.value.headers == {"connection": "close"}
    taken.inside = 0
    await ending
    taken.inside = 1
    await taken.finish(0.01)


@pytest.mark.parametrize("settings", [{"load": {"running": 1, "waiting": 1}}])
async def test_an_overloaded_server_says_so_over_http(
    client: httpx2.AsyncClient, engine: SampleEngine
) -> None:
    slow = [asyncio.create_task(client.post("/graphql", json={"query": "{ slow }"})) for _ in range(2)]
    await asyncio.sleep(0.05)
    refused = await client.post("/graphql", json={"query": "{ hello }"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"
    assert (await client.get("/livez")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200
    shed = "tabard_requests_shed_total 1.0"
    assert shed in (await client.get("/metrics")).text
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert (await client.post("/graphql", json={"query": "{ hello }"})).status_code == 200
