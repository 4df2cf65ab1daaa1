"""P15: what a WebSocket's first message holds is logged nowhere, whatever becomes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.servers import RunningServer
from tests.support.sockets import opened

SECRET = "canary-7f3a9"


@pytest.mark.promise("P15")
async def test_no_secret_of_a_socket_is_logged(demo_sqlite_url: str, tmp_path: Path) -> None:
    server = RunningServer(tmp_path, demo_sqlite_url)
    try:
        address = server.address.replace("http", "ws", 1)
        for payload in (
            {"authorization": f"Bearer {SECRET}"},
            {"authorization": SECRET},
            {"headers": {"x-api-key": SECRET}, "password": SECRET},
            [SECRET],
        ):
            async with opened(address) as socket:
                await socket.send("connection_init", payload=payload)
                await socket.send("ping", payload={"token": SECRET})
                await socket.subscribe(SECRET, f'{{ node(id: "{SECRET}") {{ id }} }}', secret=SECRET)
                await socket.connection.send(json.dumps({"type": SECRET}))
                await socket.closed()
        assert '"serving"' in server.story
        assert SECRET not in server.story
    finally:
        server.kill()
