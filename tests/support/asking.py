"""Asking: requests over HTTP, in this process, as a persona of the demo."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from gateway.app import Gateway as Server
from gateway.app import create_app
from gateway.configuration import Configuration
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from tabard import Plugin
from tabard.migrating import Migrations
from tabard.testing import Gateway

SECRET = b"a secret of the tests and of nobody else"


class Asker:
    """Asks a whole server about one gateway's graph."""

    def __init__(self, gateway: Gateway, client: httpx2.AsyncClient) -> None:
        self.gateway = gateway
        self._client = client
        self._tokens = DemoTokens(SECRET)

    async def ask(
        self, document: str, *, persona: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> Any:
        """The answer as JSON."""
        token = self._tokens.issue(Identity(*await self.gateway.identity(persona)))
        response = await self._client.post(
            "/graphql",
            json={"query": document, "variables": await resolved(self.gateway, persona, variables or {})},
            headers={"authorization": f"Bearer {token}", **headers},
        )
        return json.loads(response.content)


async def resolved(gateway: Gateway, persona: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables, with ids of the demo for `@workspace`, `@company` and so on.

    `@company parent_id` is a company whose column `parent_id` is filled.
    """
    return {name: await _resolved(gateway, persona, value) for name, value in variables.items()}


async def _resolved(gateway: Gateway, persona: str, value: Any) -> Any:
    if value == "@workspace":
        return (await gateway.query("{ workspace { id } }", persona=persona))["workspace"]["id"]
    if isinstance(value, str) and value.startswith("@"):
        noun, *having = value[1:].split()
        return await gateway.some_id(noun, having=having)
    return value


@asynccontextmanager
async def asking(gateway: Gateway, *plugins: Plugin, url: str) -> AsyncIterator[Asker]:
    """Somebody who asks a server over the gateway's graph and database."""
    engine = GraphEngine(gateway.graph, Migrations(url, plugins))
    authenticator = DatabaseAuthenticator(DemoTokens(SECRET), gateway.graph.database)
    app = create_app(Server(Configuration(development=True), engine, authenticator))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://demo") as client:
        yield Asker(gateway, client)
