"""Sockets: clients that speak `graphql-transport-ws` message by message, well or badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE = 30


@dataclass
class Socket:
    """One connection of a client."""

    connection: ClientConnection

    async def send(self, type_: str, **members: Any) -> None:
        """Sends a message."""
        await self.connection.send(json.dumps({"type": type_, **members}))

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def initialise(self, token: str | None = None) -> dict[str, Any]:
        """Begins, as whoever the token stands for."""
        payload = {} if token is None else {"payload": {"Authorization": f"Bearer {token}"}}
        await self.send("connection_init", **payload)
        return await self.receive()

    async def subscribe(self, id: str, query: str, **variables: Any) -> None:
        """Asks for an operation."""
        await self.send("subscribe", id=id, payload={"query": query, "variables": variables})

    async def closed(self) -> tuple[int | None, str]:
        """Code and reason with which the server closes; messages before are passed over."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as error:
                return (error.rcvd.code, error.rcvd.reason) if error.rcvd else (None, "")


@asynccontextmanager
async def opened(address: str, token: str | None = None, **options: Any) -> AsyncIterator[Socket]:
    """A socket at `ws://host:port/graphql`; initialised where there is a token."""
    options.setdefault("subprotocols", [SUBPROTOCOL])
    async with connect(f"{address}/graphql", proxy=None, **options) as connection:
        socket = Socket(connection)
        if token is not None:
            assert (await socket.initialise(token))["type"] == "connection_ack"
        yield socket
