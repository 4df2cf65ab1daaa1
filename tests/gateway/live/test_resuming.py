"""Resuming: who was away goes on behind their cursor, without a loss, without a double, in order."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from tabard import Company
from tabard.events import LAST, Place
from tabard.records.journal import outbox_event
from tabard.storage.ids import decode_global_id
from tabard.storage.scope import Scope
from tabard.testing import Gateway
from tabard.viewer import ANONYMOUS
from tabard.work import Work
from tests.gateway.live.changes import CHANGED, RENAME, asked, company_of, rename
from tests.support.databases import bundled
from tests.support.events import told
from tests.support.servers import RunningServer, token
from tests.support.services import Running
from tests.support.sockets import opened

WRITERS, ROUNDS = 4, 10


async def events_of(gateway: Gateway) -> list[Place]:
    """Where the events of records stand in the outbox."""
    rows = await gateway.fetch(
        sa.select(outbox_event.c.position, outbox_event.c.id)
        .where(outbox_event.c.kind == "record.changed")
        .order_by(outbox_event.c.position, outbox_event.c.id)
    )
    return [Place(*row) for row in rows]


def place_of(server: Running, cursor: str, portal_id: int) -> Place:
    """The place that a cursor names."""
    return server.service.graph.places.decode(portal_id, cursor, Place(LAST, LAST))


async def write(gateway: Gateway, companies: list[str], seed: int) -> None:
    """Renames companies at random, as one of several writers."""
    choice = random.Random(seed)
    for number in range(ROUNDS):
        renamed = {"record": choice.choice(companies), "name": f"Name {seed} {number}"}
        answer = await gateway.execute(RENAME, renamed, persona="super-admin")
        assert answer.errors == []
        await asyncio.sleep(choice.random() / 50)


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[Gateway]:
    """The same graph over the same database, with connections and wake-ups of its own."""
    async with Gateway.on(url, *bundled()) as gateway:
        yield gateway


async def read(server: Running, token: str, cursor: str, most: int) -> list[str]:
    """The cursors of some events behind a cursor, by a client that goes away without a word."""
    found: list[str] = []
    async with opened(server.ws, token) as client:
        await client.subscribe("s", CHANGED, after=cursor)
        while len(found) < most:
            found.append((await client.receive())["payload"]["data"]["recordChanged"]["cursor"])
        client.connection.transport.abort()
    return found


@pytest.mark.parametrize("seed", [1])
async def test_each_event_is_told_once_and_in_order_to_a_client_that_comes_and_goes(
    server: Running, demo_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    csm = server.token("csm")
    portal_id = server.user("csm").portal_id
    cursor = (await asked(server, csm, "{ eventCursor }"))["eventCursor"]
    async with another_process(demo_url) as gateway:
        page = await gateway.query("{ companies(first: 3) { nodes { id } } }")
        companies = [node["id"] for node in page["companies"]["nodes"]]
        before = len(await events_of(gateway))
        writers = [asyncio.create_task(write(gateway, companies, number)) for number in range(WRITERS)]
        seen: list[str] = []
        while len(seen) < WRITERS * ROUNDS:
            most = min(chance.randint(1, 12), WRITERS * ROUNDS - len(seen))
            seen += await read(server, csm, seen[-1] if seen else cursor, most)
        await asyncio.gather(*writers)
        written = (await events_of(gateway))[before:]
    assert [place_of(server, cursor, portal_id) for cursor in seen] == written


async def test_an_event_waits_for_an_older_transaction_that_still_runs(
    demo_postgres_url: str, tmp_path: Path
) -> None:
    """Two servers, each a process of its own, on one PostgreSQL."""
    one, two = RunningServer(tmp_path, demo_postgres_url), None
    try:
        (tmp_path / "two").mkdir()
        two = RunningServer(tmp_path / "two", demo_postgres_url)
        csm = token(demo_postgres_url)
        async with told(one.address, csm, CHANGED) as stream, another_process(demo_postgres_url) as gateway:
            company = await gateway.some_id("company")
            async with slow_change(gateway):
                await rename_at(two.address, csm, company, "Later, but committed first")
            names = [(await stream.next())[1]["data"]["recordChanged"]["changed"] for _ in range(2)]
        assert names == [["slow"], ["name"]]
    finally:
        one.kill()
        if two is not None:
            two.kill()


@asynccontextmanager
async def slow_change(gateway: Gateway) -> AsyncIterator[None]:
    """A change that has its place among the events, and is committed when the block ends."""
    graph = gateway.graph
    decoded = decode_global_id(await gateway.some_id("company"))
    assert decoded is not None
    async with graph.database.writing(Scope(await gateway.portal_id())) as session:
        work = Work(ANONYMOUS, session, graph.new_id, graph.now(), graph.registry)
        work.tell("record.changed", "company", decoded[1], ["slow"])
        await work.find(Company, decoded[1])
        yield


async def rename_at(address: str, token: str, record: str, name: str) -> None:
    async with httpx2.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{address}/graphql",
            json={"query": RENAME, "variables": {"record": record, "name": name}},
            headers={"authorization": f"Bearer {token}"},
        )
    assert response.json()["data"] == {"recordUpdate": {"userErrors": []}}


async def test_what_another_process_changes_is_told_here(server: Running, demo_url: str) -> None:
    async with told(server.http, server.token("csm"), CHANGED) as stream:
        async with another_process(demo_url) as gateway:
            company = await gateway.some_id("company")
            await gateway.query(RENAME, {"record": company, "name": "Elsewhere"}, persona="super-admin")
        _, answer = await stream.next()
    assert answer["data"]["recordChanged"]["record"] == {"id": company, "name": "Elsewhere"}


BENT: dict[str, Callable[[str], str]] = {
    "shorter": lambda cursor: cursor[:-1],
    "beheaded": lambda cursor: cursor[1:],
    "another signature": lambda cursor: ("B" if cursor[0] == "A" else "A") + cursor[1:],
    "another case": str.swapcase,
}


@pytest.mark.promise("P6")
@pytest.mark.parametrize("bent", BENT)
async def test_a_cursor_that_was_bent_is_refused(shared: Running, bent: str) -> None:
    csm = shared.token("csm")
    cursor = (await asked(shared, csm, "{ eventCursor }"))["eventCursor"]
    async with told(shared.http, csm, CHANGED, after=BENT[bent](cursor)) as stream:
        (_, answer), _ = await stream.rest()
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


@pytest.mark.promise("P1")
async def test_a_cursor_of_another_portal_is_refused(shared: Running) -> None:
    theirs = shared.token("other-portal-admin", "other")
    cursor = (await asked(shared, theirs, "{ eventCursor }"))["eventCursor"]
    async with told(shared.http, shared.token("csm"), CHANGED, after=cursor) as stream:
        (_, answer), _ = await stream.rest()
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_cursor_of_events_that_are_not_kept_any_more_is_refused(embedded: Running) -> None:
    csm = embedded.token("csm")
    places = embedded.service.graph.places
    portal_id = embedded.user("csm").portal_id
    ahead = places.encode(portal_id, Place(1 << 40, 1))
    now = places._now
    places._now = lambda: now() - places.kept
    old = places.encode(portal_id, Place(0, 0))
    places._now = now
    for cursor in (ahead, old):
        async with told(embedded.http, csm, CHANGED, after=cursor) as stream:
            (_, answer), _ = await stream.rest()
        assert answer["errors"][0]["extensions"]["code"] == "CURSOR_EXPIRED"


EVENTS, OPERATIONS = 25, 45


@pytest.mark.parametrize("settings", [{"streams": {"send_seconds": 0.2, "heartbeat_seconds": 3_600}}])
async def test_who_does_not_read_is_cut_off_and_goes_on_with_the_cursor(embedded: Running) -> None:
    csm = embedded.token("csm")
    company = await company_of(embedded, csm)
    cursor = (await asked(embedded, csm, "{ eventCursor }"))["eventCursor"]
    # Long names, so that what is not read soon fills every buffer on the way.
    many = f"subscription($after: String) {{ recordChanged(after: $after) {{ cursor {long_record()} }} }}"
    for number in range(EVENTS):
        await rename(embedded, csm, company, f"{number:02}" * 120)
    narrow = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.connect(("127.0.0.1", embedded.port))
    async with opened(embedded.ws, csm, max_queue=1, sock=narrow, close_timeout=0) as client:
        for id in range(OPERATIONS):
            await client.subscribe(str(id), many, after=cursor)
        await embedded.until(lambda streams: streams.open == 0)
        assert embedded.service.gateway.streams.closed[1013] == 1
    assert len(await read(embedded, csm, cursor, EVENTS)) == EVENTS


def long_record() -> str:
    """A selection whose answer is some 7 KB."""
    fields = " ".join(f"a{number}: name" for number in range(30))
    return f"record {{ ... on Company {{ {fields} }} }}"
