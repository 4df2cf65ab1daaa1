"""Talking: a client's WebSocket to an application in this process, as far as a test needs one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import ASGIApp, Message

from tests.support.sockets import SUBPROTOCOL

PATIENCE: Final = 30


@dataclass
class Talk:
    """What is said to the application, and what it says."""

    said: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    heard: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def say(self, **message: Any) -> None:
        """Sends one message of the protocol."""
        await self.said.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> dict[str, Any]:
        """The next message of the protocol; a close has the type `closed`."""
        async with asyncio.timeout(PATIENCE):
            while (message := await self.heard.get())["type"] == "websocket.accept":
                pass
        if message["type"] == "websocket.send":
            told: dict[str, Any] = json.loads(message["text"])
            return told
        return {"type": "closed", "code": message.get("code"), "reason": message.get("reason", "")}

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The first message about an operation."""
        await self.say(id="1", type="subscribe", payload={"query": query, "variables": variables})
        return await self.hear()


@asynccontextmanager
async def talking(app: ASGIApp, token: str) -> AsyncIterator[Talk]:
    """A connection of whoever the token names, opened and initialised."""
    talk = Talk()
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": "/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "subprotocols": [SUBPROTOCOL],
        "client": ("127.0.0.1", 1),
        "server": ("demo", 80),
    }
    await talk.said.put({"type": "websocket.connect"})
    await talk.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
    serving = asyncio.create_task(_served(app, scope, talk))
    try:
        yield talk
    finally:
        await talk.said.put({"type": "websocket.disconnect", "code": 1000})
        await serving


async def _served(app: ASGIApp, scope: dict[str, Any], talk: Talk) -> None:
    """Whatever comes out of the application is heard as the end of the connection, with its class for a reason."""
    try:
        await app(scope, talk.said.get, talk.heard.put)
    except BaseException as error:  # noqa: BLE001 - the test tells what it makes of it
        await talk.heard.put({"type": "failed", "code": None, "reason": type(error).__name__})
