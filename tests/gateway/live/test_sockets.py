"""WebSockets: changes are told to those who subscribed, with the state of that moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.documents.manifest import TrustedOperation, written
from gateway.execution.plans import Plans
from tests.gateway.live.changes import CHANGED, RENAME, asked, company_of, rename
from tests.support.services import Running, serving
from tests.support.sockets import opened


@pytest.mark.promise("P28")
async def test_a_change_is_told_to_who_subscribed(server: Running) -> None:
    token = server.token("csm")
    company = await company_of(server, token)
    now = (await asked(server, token, "{ eventCursor }"))["eventCursor"]
    async with opened(server.ws, token) as socket:
        await socket.subscribe("s", CHANGED, ids=[company], after=now)
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


@pytest.mark.parametrize(("is_trusted", "fallen_back"), [(True, 0), (False, 1)])
async def test_a_trusted_subscription_is_planned_for_its_first_event(
    demo_sqlite_url: str, tmp_path: Path, is_trusted: bool, fallen_back: int
) -> None:
    path = tmp_path / "documents.json"
    path.write_bytes(written([TrustedOperation("Changed", "subscription", CHANGED)] if is_trusted else []))
    with serving(demo_sqlite_url, documents={"mode": "prefer", "manifest": path}) as server:
        token, plans = server.token("csm"), Plans.of(server.service.graph.graphql_schema)
        company = await company_of(server, token)
        now = (await asked(server, token, "{ eventCursor }"))["eventCursor"]
        await rename(server, token, company, "Renamed")
        before = plans.fallbacks.counts.total(), plans.fallbacks.counts[None]
        async with opened(server.ws, token) as socket:
            await socket.subscribe("s", CHANGED, ids=[company], after=now)
            event = (await socket.receive())["payload"]["data"]["recordChanged"]
        assert event["record"] == {"id": company, "name": "Renamed"}
        ran, compiled = plans.fallbacks.counts.total() - before[0], plans.fallbacks.counts[None] - before[1]
        assert (ran, ran - compiled) == (1, fallen_back)


async def test_errors_that_are_told_on_a_socket_are_counted(embedded: Running) -> None:
    async with opened(embedded.ws, embedded.token("csm")) as socket:
        await socket.subscribe("q", "{ node(")
        assert (await socket.receive())["type"] == "error"

    assert embedded.service.gateway.metrics.codes == {"GRAPHQL_PARSE_FAILED": 1}
