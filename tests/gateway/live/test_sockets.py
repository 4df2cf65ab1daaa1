"""WebSockets: changes are told to those who subscribed, with the state of that moment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.live.changes import CHANGED, RENAME, asked, company_of
from tests.support.services import Running
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
