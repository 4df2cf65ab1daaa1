"""P15: nothing that a client sends shows in logs, metrics or spans."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from tabard.assembly import assemble
from tabard.personas import find_user
from tabard.storage.database import Database
from tests.support.issuer import AUDIENCE, NAME, serving_keys
from tests.support.servers import PATIENCE, RunningServer

pytestmark = pytest.mark.promise("P15")

CANARY = "canary7f3a91"
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query Q($id: ID!) { node(id: $id) { id } viewer { name } }", {"id": CANARY}),
    ("{ viewer { name } }", {"unused": CANARY}),
    ("query Q($id: Int!) { nope(id: $id) }", {"id": CANARY}),
    (f'{{ node(id: "{CANARY}") {{ id }} }}', {}),
    (f"query {CANARY} {{ {CANARY}: viewer {{ name }} }}", {}),
    (f"{{ {CANARY} }}", {}),
    (f'{{ "{CANARY}', {}),
    (f'mutation {{ workspaceCreate(input: {{name: "{CANARY}"}}) {{ userErrors {{ message }} }} }}', {}),
)


class Collector:
    """Takes what the server sends of its spans."""

    def __init__(self) -> None:
        self.received = b""
        self.port = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [
                line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line
            ]
            self.received += await reader.readexactly(int(lengths[0]))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    server = await asyncio.start_server(collector.meet, "127.0.0.1", 0)
    collector.port = server.sockets[0].getsockname()[1]
    yield collector
    server.close()


async def user_of(url: str) -> tuple[int, int]:
    database = Database(url, assemble([]).registry.tables)
    try:
        user = await find_user(database, "super-admin")
    finally:
        await database.close()
    return user.portal_id, user.user_id


async def test_no_secret_is_written(tmp_path: Path, demo_sqlite_url: str) -> None:
    portal, user = await user_of(demo_sqlite_url)
    async with serving_keys() as issuer, collecting() as collector:
        trusted = {"issuer": NAME, "audience": AUDIENCE, "jwks_url": issuer.url}
        trusted |= {"portal_by": "id", "user_by": "id"}
        server = await asyncio.to_thread(
            RunningServer,
            tmp_path,
            demo_sqlite_url,
            TABARD_DEVELOPMENT="false",
            TABARD_ISSUERS=json.dumps([trusted]),
            TABARD_TRACING="true",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}",
        )
        try:
            token = issuer.token(portal=str(portal), sub=str(user), more=CANARY)
            secret = token.rpartition(".")[2]
            await ask_everything(server.address, token)
            metrics = (await get(server.address, "/metrics")).text
            server.tell_to_end()
            assert await asyncio.to_thread(server.end) == 0
        finally:
            server.kill()
    assert "tabard_requests_total" in metrics
    assert b"statement" in collector.received
    assert b"graphql.operation.type" in collector.received
    for hidden in (CANARY, secret, token):
        assert hidden not in server.story
        assert hidden not in metrics
        assert hidden.encode() not in collector.received


async def get(address: str, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        return await client.get(path)


async def ask_everything(address: str, token: str) -> None:
    """Secrets wherever a client can put them, in good requests and bad ones."""
    headers = {
        "cookie": f"session={CANARY}",
        "user-agent": CANARY,
        "referer": f"https://{CANARY}.test/",
        f"x-{CANARY}": CANARY,
        "traceparent": CANARY,
        "baggage": f"secret={CANARY}",
        "idempotency-key": CANARY,
    }
    answered = 0
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        for given in (token, f"{CANARY}.{CANARY}.{CANARY}", f"{token}{CANARY}"):
            authorized = headers | {"authorization": f"Bearer {given}"}
            for query, variables in QUERIES:
                asked = {"query": query, "variables": variables, "extensions": {"more": CANARY}}
                path = f"/graphql?token={CANARY}"
                answer = await client.post(path, json=asked, headers=authorized)
                answered += "Ada Sommer" in answer.text
            await client.post("/graphql", content=f'{{"{CANARY}'.encode(), headers=authorized)
            await client.get(f"/{CANARY}?{CANARY}={CANARY}", headers=authorized)
    assert answered == 3, "the good token is good"
    socket = address.replace("http", "ws") + f"/graphql?token={CANARY}"
    with suppress(websockets.ConnectionClosed):
        async with websockets.connect(
            socket, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
        ) as line:
            payload = {"authorization": f"Bearer {CANARY}", "more": CANARY}
            await line.send(json.dumps({"type": "connection_init", "payload": payload}))
            await line.recv()
