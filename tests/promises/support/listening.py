"""Listening: subscribers who write down what they are told, and go on with their cursor when they are cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import sqlalchemy as sa
from websockets.exceptions import WebSocketException

from tabard.records.journal import outbox_event
from tabard.storage.ids import decode_global_id
from tabard.storage.urls import database_url
from tests.support.databases import connected
from tests.support.events import told
from tests.support.sockets import opened

CHANGED: Final = """subscription ($after: String) {
  recordChanged(after: $after) { cursor recordId changed }
}"""
# What `recordChanged` tells of, as the outbox names it.
KINDS: Final = ("record.", "association.")
PAUSE: Final = 0.05
PATIENCE: Final = 120
CUT: Final = (OSError, EOFError, StopAsyncIteration, TimeoutError, httpx2.TransportError, WebSocketException)


@dataclass
class Listener:
    """One subscriber. `told` is what they heard: a record's id, and what changed of it."""

    address: str
    token: str
    is_socket: bool
    cursor: str | None = None
    told: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    connections: int = 0
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Goes on until cancelled; raises AssertionError for anything that is not a change."""
        while True:
            with suppress(*CUT):
                async with aclosing(self._over_a_socket() if self.is_socket else self._over_events()) as told:
                    async for answer in told:
                        self._note(answer)
                        await self.noted()
            await asyncio.sleep(PAUSE)

    def _note(self, answer: Any) -> None:
        assert "errors" not in answer, answer
        change = answer["data"]["recordChanged"]
        decoded = decode_global_id(change["recordId"])
        assert decoded is not None
        self.cursor = change["cursor"]
        self.told.append((decoded[1], tuple(change["changed"])))

    async def noted(self) -> None:
        """Is ready for the next at once."""

    async def _over_a_socket(self) -> AsyncGenerator[Any, None]:
        async with opened(self.address.replace("http", "ws", 1), self.token) as client:
            await client.subscribe("s", CHANGED, after=self.cursor)
            self._begin()
            while True:
                message = await client.receive()
                if message["type"] == "complete":
                    return
                assert message["type"] == "next", message
                yield message["payload"]

    async def _over_events(self) -> AsyncGenerator[Any, None]:
        async with told(self.address, self.token, CHANGED, after=self.cursor) as stream:
            if stream.response.status_code != httpx2.codes.OK:
                return
            self._begin()
            while True:
                name, answer = await stream.next()
                if name == "complete":
                    return
                yield answer

    def _begin(self) -> None:
        self.connections += 1
        self.began.set()

    async def heard(self, changes: list[tuple[int, tuple[str, ...]]]) -> None:
        """Waits until that many were told; raises AssertionError unless it is these, in this order."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while len(self.told) < len(changes):  # noqa: ASYNC110 - the stream tells nobody else
                    await asyncio.sleep(PAUSE)
        kind = "socket" if self.is_socket else "event stream"
        lost = len(changes) - len(self.told)
        assert self.told == changes, f"{kind}: {lost} events lost, or some told twice or in another order"


async def changes_after(url: str, last: tuple[int, int]) -> list[tuple[int, tuple[str, ...]]]:
    """What the outbox holds behind a place, in its order: which record, and what changed of it."""
    event = outbox_event.c
    async with connected(database_url(url).render_as_string(hide_password=False)) as connection:
        rows = await connection.execute(
            sa.select(event.subject_id, event.payload)
            .where(
                sa.or_(*(event.kind.startswith(kind) for kind in KINDS)),
                sa.tuple_(event.position, event.id) > last,
            )
            .order_by(event.position, event.id)
        )
        return [(row.subject_id, tuple(row.payload["changed"])) for row in rows]


async def last_place(url: str) -> tuple[int, int]:
    """The place of the newest event in the outbox."""
    event = outbox_event.c
    async with connected(database_url(url).render_as_string(hide_password=False)) as connection:
        newest = sa.select(event.position, event.id).order_by(event.position.desc(), event.id.desc()).limit(1)
        row = (await connection.execute(newest)).first()
    return (row.position, row.id) if row else (0, 0)
