"""WebSockets: every rule of `graphql-transport-ws`, and every code with which a socket is closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.services import Running, serving
from tests.support.sockets import opened

CHANGED = """
subscription ($ids: [ID!], $after: String) {
  recordChanged(ids: $ids, after: $after) { cursor kind changed recordId record { id ... on Company { name } } }
}
"""
RENAME = """
mutation ($record: ID!, $name: String!) {
  recordUpdate(input: {record: $record, properties: [{key: "name", value: {text: $name}}]}) {
    userErrors { message }
  }
}
"""


@pytest.fixture
def settings() -> dict[str, Any]:
    """What the configuration differs in from the defaults; tests parametrize it."""
    return {}


@pytest.fixture
def server(demo_url: str, settings: dict[str, Any]) -> Iterator[Running]:
    """A server over the demo, on either kind of database in turn."""
    with serving(demo_url, **settings) as running:
        yield running


@pytest.mark.promise("P28")
async def test_a_change_is_told_to_who_subscribed(server: Running) -> None:
    async with opened(server.ws, server.token("csm")) as socket:
        await socket.subscribe("c", "{ companies(first: 1) { nodes { id } } }")
        company = (await socket.receive())["payload"]["data"]["companies"]["nodes"][0]["id"]
        assert await socket.receive() == {"type": "complete", "id": "c"}
        await socket.subscribe("s", CHANGED, ids=[company])
        await socket.subscribe("m", RENAME, record=company, name="Renamed")
        told: dict[tuple[str, str], Any] = {}
        while len(told) < 3:
            message = await socket.receive()
            told[message["id"], message["type"]] = message.get("payload", {}).get("data")
    assert told["m", "next"] == {"recordUpdate": {"userErrors": []}}
    event = told["s", "next"]["recordChanged"]
    assert event.pop("cursor")
    assert event == {
        "kind": "record.changed",
        "changed": ["name"],
        "recordId": company,
        "record": {"id": company, "name": "Renamed"},
    }
