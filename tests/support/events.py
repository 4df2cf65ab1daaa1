"""Events: a client of server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

PATIENCE = 30


@dataclass
class Told:
    """One stream as its client reads it; `heartbeats` counts comments."""

    response: httpx2.Response
    heartbeats: int = 0
    _lines: AsyncGenerator[str, None] | None = field(default=None, repr=False)

    async def next(self) -> tuple[str, Any]:
        """The next event: its name and what it holds."""
        name, data = "", ""
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self._line()
                if not line and name:
                    return name, json.loads(data) if data else None
                kind, _, value = line.partition(":")
                if kind == "event":
                    name = value.strip()
                elif kind == "data":
                    data += value.strip()
                elif line.startswith(":"):
                    self.heartbeats += 1

    async def rest(self) -> list[tuple[str, Any]]:
        """All events until the stream ends."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except StopAsyncIteration:
            return found

    async def _line(self) -> str:
        if self._lines is None:
            self._lines = aiter(self.response.aiter_lines())  # type: ignore[assignment]
        assert self._lines is not None
        return await anext(self._lines)


@asynccontextmanager
async def told(
    address: str, token: str | None, query: str, method: str = "POST", **variables: Any
) -> AsyncIterator[Told]:
    """A stream of what `/graphql` answers."""
    headers = {"accept": "text/event-stream", "graphql-require-preflight": "1"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    asked: dict[str, Any] = {"query": query, "variables": variables}
    if method == "GET":
        options: dict[str, Any] = {"params": {"query": query, "variables": json.dumps(variables)}}
    else:
        options = {"json": asked}
    async with (
        httpx2.AsyncClient(timeout=PATIENCE) as client,
        client.stream(method, f"{address}/graphql", headers=headers, **options) as response,
    ):
        yield Told(response)
