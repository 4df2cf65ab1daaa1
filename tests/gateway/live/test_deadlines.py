"""Deadlines: a query that takes too long is ended whichever way it was asked."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.sample import SampleEngine
from tests.support.events import told
from tests.support.sockets import opened

SLOW = "{ slow }"

pytestmark = pytest.mark.parametrize("settings", [{"deadline_seconds": 0.1}])


async def test_a_query_over_a_socket_is_ended_and_its_connection_goes_on(
    address: tuple[str, int], engine: SampleEngine
) -> None:
    async with opened("ws://{}:{}".format(*address), "good") as client:
        await client.subscribe("slow", SLOW)
        refused = await client.receive()
        assert (refused["type"], refused["id"]) == ("error", "slow")
        assert [error["extensions"]["code"] for error in refused["payload"]] == ["DEADLINE_EXCEEDED"]
        assert await asyncio.to_thread(engine.cancelled.wait, 20)
        await client.subscribe("quick", "{ hello }")
        assert (await client.receive())["payload"]["data"] == {"hello": "Hello, world!"}


async def test_a_query_over_an_event_stream_is_ended_and_told_so(
    address: tuple[str, int], engine: SampleEngine
) -> None:
    async with told("http://{}:{}".format(*address), "good", SLOW) as stream:
        (_, answer), *_ = await stream.rest()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["DEADLINE_EXCEEDED"]
    assert await asyncio.to_thread(engine.cancelled.wait, 20)
