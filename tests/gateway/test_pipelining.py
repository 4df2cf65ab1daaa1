"""Pipelining: a client that sends many requests at once and goes away leaves nothing behind, not even a word."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time

import pytest

from tests.support.services import PATIENCE, Running, serving

BODY = b'{"query": "{ __schema { types { name fields { name type { name ofType { name } } } } } }"}'
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)
# Without a farewell: what is still sent to such a client fails.
AT_ONCE = struct.pack("ii", 1, 0)


async def quiet(running: Running) -> None:
    """Waits until nothing is left of any connection."""
    state = running.server.server_state
    async with asyncio.timeout(PATIENCE):
        while state.connections or state.tasks:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.005)


@pytest.mark.promise("P22")
@pytest.mark.parametrize("number", [2, 3, 10, 50])
def test_a_client_that_sends_many_requests_and_goes_away_costs_no_failure(
    demo_sqlite_url: str, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with serving(demo_sqlite_url) as running:
        for pause in (0.0, 0.005, 0.02, 0.05):
            with socket.create_connection(("127.0.0.1", running.port), PATIENCE) as client:
                client.sendall(REQUEST * number)
                time.sleep(pause)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            running.within(quiet(running))
        assert running.service.database.checked_out == 0
        assert running.service.gateway.load.inside == 0
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_a_client_that_sends_many_requests_is_answered_in_their_order(demo_sqlite_url: str) -> None:
    names = [b"request-%03d" % number for number in range(20)]
    requests = [REQUEST.replace(b"host: x", b"host: x\r\nx-request-id: %b" % name) for name in names]
    told: list[bytes] = []
    with (
        serving(demo_sqlite_url) as running,
        socket.create_connection(("127.0.0.1", running.port), PATIENCE) as client,
        client.makefile("rb") as lines,
    ):
        client.sendall(b"".join(requests))
        while len(told) < len(names):
            name, _, value = lines.readline().partition(b": ")
            told += [value.strip()] if name == b"x-request-id" else []
    assert told == names
