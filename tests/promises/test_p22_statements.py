"""P22: a statement of a plugin ends in the database when its request has had its time or its client is gone."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.types import Message

from gateway.app import Gateway as Edge
from gateway.app import create_app
from gateway.configuration import Configuration
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from tabard import Plugin, Reader, SignedIn
from tabard.errors import DeadlineExceeded
from tabard.migrating import Migrations
from tabard.records.tables import portal, user
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.sqlite_connections import SqliteConnection
from tabard.storage.urls import database_url
from tabard.testing import Gateway
from tests.support.databases import bundled, connected
from tests.support.scopes import posted

pytestmark = pytest.mark.promise("P22")

HOURS = 3_600.0
PATIENCE = 60
TOKENS = DemoTokens(b"s" * 32)


def endless() -> sa.Select[Any]:
    """Counts more rows than any machine can, and holds little memory meanwhile."""
    tables = [user.alias(f"u{number}") for number in range(12)]
    joined: Any = tables[0]
    for table in tables[1:]:
        joined = joined.join(table, sa.true())
    return sa.select(sa.func.count().label("count")).select_from(joined)


class Slow:
    """A plugin whose fields ask for too much; `begun` says that one has."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.orphans: set[asyncio.Task[Any]] = set()
        self.plugin = Plugin("slow", noun="Slow", policy=SignedIn)
        slow = self

        @self.plugin.query(description="Is short, says its author.")
        async def slow_short(reader: Reader) -> int | None:
            slow.begun.set()
            return int((await reader.fetch(endless()))["count"][0])

        @self.plugin.query(description="Is long, says its author.")
        async def slow_long(reader: Reader) -> int | None:
            slow.begun.set()
            return int((await reader.fetch(endless(), is_bounded=False))["count"][0])

        @self.plugin.query(description="Hides its statement from whoever cancels it.")
        async def slow_hidden(reader: Reader) -> int | None:
            slow.begun.set()
            task = asyncio.create_task(reader.fetch(endless(), is_bounded=False))
            slow.orphans.add(task)
            return int((await asyncio.shield(task))["count"][0])


@pytest.fixture
def slow() -> Slow:
    """The plugin."""
    return Slow()


@pytest.fixture
async def graph(demo_url: str, slow: Slow) -> AsyncIterator[Gateway]:
    """A graph in which neither the plugin nor the statement has a limit of its own that could end it."""
    options = StorageOptions(statement_timeout=HOURS, connect_timeout=PATIENCE)
    async with Gateway.on(demo_url, *bundled(), slow.plugin, plugin_limit=HOURS, options=options) as made:
        yield made


@pytest.fixture
async def token(graph: Gateway) -> str:
    """Of somebody who may ask."""
    return TOKENS.issue(Identity(*await graph.identity("super-admin")))


def edge(graph: Gateway, url: str, seconds: float) -> Any:
    """A server whose requests have so many seconds."""
    engine = GraphEngine(graph.graph, Migrations(url, bundled()))
    authenticator = DatabaseAuthenticator(TOKENS, graph.graph.database)
    return create_app(Edge(Configuration(deadline_seconds=seconds), engine, authenticator))


async def running(url: str) -> int:
    """The statements of ours that the PostgreSQL server is at work on."""
    count = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tabard' AND state = 'active'"
    )
    driven = database_url(url).render_as_string(hide_password=False)
    async with connected(driven) as connection:
        return int((await connection.exec_driver_sql(count)).scalar_one())


async def is_seen(graph: Gateway, url: str, slow: Slow, asking: asyncio.Task[Any]) -> bool:
    """Whether the database is seen at work before the answer comes."""
    while not asking.done():
        if slow.begun.is_set() and await is_at_work(graph, url):
            return True
        await asyncio.sleep(0.01)
    return False


async def until_idle(graph: Gateway, url: str) -> None:
    """Waits until the database has stopped, and every connection is back; the statement itself needs years."""
    async with asyncio.timeout(PATIENCE):
        while await is_at_work(graph, url) or graph.graph.database.checked_out:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


async def is_at_work(graph: Gateway, url: str) -> bool:
    """Whether the server has a statement of ours, or a thread of this process is inside SQLite."""
    if graph.graph.database.dialect == "postgresql":
        return await running(url) > 0
    return any(map(is_reading, sys._current_frames().values()))


def is_reading(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not SqliteConnection._rows.__code__:
        frame = frame.f_back
    return frame is not None


FIELDS = pytest.mark.parametrize("field", ["slowShort", "slowLong", "slowHidden"])


@FIELDS
async def test_a_statement_ends_in_the_database_at_the_deadline(
    graph: Gateway, slow: Slow, token: str, demo_url: str, field: str
) -> None:
    async with asyncio.timeout(PATIENCE):
        asking, seconds = begin(edge(graph, demo_url, 1.0), field, token), 1.0
        while not await is_seen(graph, demo_url, slow, asking):
            # A machine that has much to do needs longer to get to work.
            seconds *= 2
            asking = begin(edge(graph, demo_url, seconds), field, token)
        status, content = await asking
    assert status == 504
    assert content["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    await until_idle(graph, demo_url)


@FIELDS
async def test_a_statement_ends_in_the_database_when_its_client_goes_away(
    graph: Gateway, slow: Slow, token: str, demo_url: str, field: str
) -> None:
    leaving = asyncio.Event()
    asking = begin(edge(graph, demo_url, HOURS), field, token, leaving)
    async with asyncio.timeout(PATIENCE):
        assert await is_seen(graph, demo_url, slow, asking)
    leaving.set()
    async with asyncio.timeout(PATIENCE):
        assert await asking == (None, None)
    await until_idle(graph, demo_url)


@pytest.mark.parametrize("is_bounded", [True, False])
async def test_a_statement_ends_with_its_request_though_nobody_cancels_it(
    graph: Gateway, is_bounded: bool
) -> None:
    session = graph.graph.database.reading(Scope(await graph.portal_id()))
    session.until = time.monotonic() + 0.5
    try:
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):
                with pytest.raises(DeadlineExceeded):
                    await session.read(endless(), is_bounded=is_bounded)
        session.until = None
        assert (await session.read(sa.select(portal.c.id)))["id"]
    finally:
        await session.close()


def begin(
    app: Any, field: str, token: str, leaving: asyncio.Event | None = None
) -> asyncio.Task[tuple[int | None, Any]]:
    """Asks for a field."""
    return asyncio.create_task(ask(app, field, token, leaving or asyncio.Event()))


async def ask(app: Any, field: str, token: str, leaving: asyncio.Event) -> tuple[int | None, Any]:
    """Status and content of the answer to a client who goes away when told."""
    body = json.dumps({"query": f"{{ {field} }}"}).encode()
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await leaving.wait()
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(posted(token, {"accept": "application/graphql-response+json"}), receive, send)
    if not sent:
        return None, None
    return sent[0]["status"], json.loads(b"".join(message["body"] for message in sent[1:]))
