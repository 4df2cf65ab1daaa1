"""P21: a database that is gone, frozen, slow or full costs coded refusals, and no restart when it is back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from gateway.configuration import Configuration
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from gateway.installation import Installation
from gateway.serving import DEMO_TOKENS, Service
from tabard.assembly import assemble
from tabard.errors import DeadlineExceeded, Unavailable
from tabard.migrating import Migrations
from tabard.portals import MadePortal, NewPortal, create_portal
from tabard.records.tables import portal
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory, encode_global_id
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tests.support.databases import bundled, finished
from tests.support.outages import PrivateServer, private_server
from tests.support.postgres import NoPostgresError
from tests.support.proxy import Proxy, Weather, proxied

pytestmark = [pytest.mark.promise("P21", "P26")]

SECRET = "s" * 32
READ = "{ viewer { name } workspace { name customers { owned { totalCount } } } }"
WRITE = """mutation ($workspace: ID!, $text: String!) {
    workspaceUpdate(input: {workspace: $workspace, description: $text}) { userErrors { message } } }"""
PATIENCE = 60


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateServer]:
    """A PostgreSQL that this module may stop and freeze."""
    try:
        with private_server() as made:
            yield made
    except NoPostgresError as absence:
        pytest.skip(f"NO OUTAGE OF POSTGRESQL WAS TESTED: {absence}")


class Operator:
    """A service on a database, and a user of it who asks."""

    def __init__(self, service: Service, client: httpx2.AsyncClient) -> None:
        self.service = service
        self._client = client
        self._token = ""
        self._workspace = ""

    async def sign_in(self) -> None:
        """Makes a portal and takes its super admin's token."""
        new = NewPortal("acme", "PROFESSIONAL")
        made: MadePortal = await create_portal(self.service.database, new, IdFactory(7))
        tokens = DemoTokens(self.service.installation.secret(DEMO_TOKENS))
        self._token = tokens.issue(Identity(made.id, made.admin_id))
        self._workspace = encode_global_id("workspace", made.workspace_id)

    async def ask(self, query: str = READ, text: str = "") -> tuple[int, str]:
        """The status and the code of the answer; OK without errors."""
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/graphql-response+json"}
        asked: dict[str, Any] = {"query": query}
        if query == WRITE:
            asked["variables"] = {"workspace": self._workspace, "text": text}
        async with asyncio.timeout(PATIENCE):
            answer = await self._client.post("/graphql", json=asked, headers=headers)
        content = answer.json()
        assert "userErrors" not in str(content.get("data")) or "message" not in str(content)
        errors = content.get("errors")
        if not errors:
            return answer.status_code, "OK"
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) == errors[0]["extensions"]["retryAfter"] > 0
        return answer.status_code, errors[0]["extensions"]["code"]

    async def probes(self) -> tuple[int, int]:
        """What /livez and /readyz say."""
        async with asyncio.timeout(PATIENCE):
            return tuple([(await self._client.get(path)).status_code for path in ("/livez", "/readyz")])  # type: ignore[return-value]

    async def recover(self) -> None:
        """Asks until there is an answer; each refusal meanwhile is the promised one."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.ask()) != (200, "OK"):
                assert found == (503, "UNAVAILABLE")
                await asyncio.sleep(0.05)
        assert await self.ask(WRITE) == (200, "OK")
        assert await self.probes() == (200, 200)
        assert self.service.database.checked_out == 0


@asynccontextmanager
async def operating(url: str, folder: Path) -> AsyncIterator[Operator]:
    settings: dict[str, Any] = {"secret_key": SECRET, "development": True, "database_url": url}
    service = Service(Installation(Configuration(data=folder, **settings)))
    await service.open()
    try:
        transport = httpx2.ASGITransport(service.app())
        async with httpx2.AsyncClient(transport=transport, base_url="http://operator") as client:
            operator = Operator(service, client)
            await operator.sign_in()
            await operator.recover()
            yield operator
    finally:
        await service.close()


@pytest.fixture(scope="module")
def template(private: PrivateServer) -> str:
    """The name of a migrated database."""
    finished(Migrations(private.server.create_database("template_of_outages"), bundled()).upgrade())
    return "template_of_outages"


@pytest.fixture
def url(private: PrivateServer, template: str) -> Iterator[str]:
    """A database of the private server."""
    with private.server.fresh_database(template) as made:
        yield made


@pytest.fixture
async def proxy(private: PrivateServer) -> AsyncIterator[Proxy]:
    """A network before the private server."""
    async with proxied(private.address) as made:
        yield made


@pytest.fixture
async def operator(proxy: Proxy, url: str, tmp_path: Path) -> AsyncIterator[Operator]:
    """A service behind the network."""
    through = sa.make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    async with operating(through, tmp_path) as made:
        yield made


async def everybody(operator: Operator, count: int = 12) -> set[tuple[int, str]]:
    """What many at once are told."""
    return set(await asyncio.gather(*(operator.ask((READ, WRITE)[i % 3 == 0]) for i in range(count))))


REFUSED = {(503, "UNAVAILABLE")}
UNCHANGED = {(200, "UNAVAILABLE")}  # the viewer is read, and the mutation's field is null


async def test_a_stopped_database_is_missed_and_found_again(
    operator: Operator, private: PrivateServer
) -> None:
    await asyncio.to_thread(private.stop)
    try:
        assert await everybody(operator) == REFUSED
        assert await operator.probes() == (200, 503)
    finally:
        await asyncio.to_thread(private.start)
    await operator.recover()


async def test_a_restart_that_nobody_used_costs_no_request(
    operator: Operator, private: PrivateServer
) -> None:
    await asyncio.to_thread(private.stop)
    await asyncio.to_thread(private.start)
    while operator.service.database.is_lost:  # noqa: ASYNC110 - the pulse tells nobody
        await asyncio.sleep(0.05)
    assert await everybody(operator) == {(200, "OK")}


async def test_a_frozen_database_is_missed_before_any_deadline(
    operator: Operator, private: PrivateServer
) -> None:
    private.freeze()
    try:
        assert await everybody(operator) == REFUSED
        assert await operator.probes() == (200, 503)
        assert await everybody(operator) == REFUSED
    finally:
        private.thaw()
    await operator.recover()


@pytest.mark.parametrize("weather", [Weather.BLACKHOLE, Weather.HALF_OPEN])
async def test_a_network_that_swallows_is_missed_before_any_deadline(
    operator: Operator, proxy: Proxy, weather: Weather
) -> None:
    proxy.weather = weather
    assert await everybody(operator) == REFUSED
    assert await operator.probes() == (200, 503)
    proxy.weather = Weather.FAIR
    await operator.recover()


async def test_a_network_that_resets_is_survived(operator: Operator, proxy: Proxy) -> None:
    proxy.weather = Weather.RESET
    assert await everybody(operator) == REFUSED
    assert await operator.probes() == (200, 503)
    proxy.weather = Weather.FAIR
    await operator.recover()


async def test_a_database_that_is_far_too_slow_counts_as_gone(operator: Operator, proxy: Proxy) -> None:
    proxy.latency = 3.0
    assert await everybody(operator) == REFUSED
    assert await operator.probes() == (200, 503)
    proxy.latency = 0.0
    await operator.recover()


async def test_a_database_that_is_a_little_slow_is_used(operator: Operator, proxy: Proxy) -> None:
    proxy.latency = 0.02
    assert await everybody(operator, 5) == {(200, "OK")}
    assert await operator.probes() == (200, 200)


async def test_a_network_that_is_gone_is_survived(operator: Operator, proxy: Proxy) -> None:
    await proxy.stop()
    assert await everybody(operator) == REFUSED
    assert await operator.probes() == (200, 503)
    await proxy.start()
    await operator.recover()


@pytest.mark.promise("P22")
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "opening"])
async def test_a_line_that_has_died_holds_nobody_who_waits_without_an_end(
    proxy: Proxy, url: str, is_open: bool
) -> None:
    """As the reader of events does; and nobody watches for a sign of life, as it may be this line alone."""
    through = sa.make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    options = StorageOptions(statement_timeout=0.3, connect_timeout=0.3)
    database = Database(through, assemble([]).registry.tables, options)
    session = database.reading(Scope(1))
    try:
        if is_open:
            await session.horizon()
        proxy.weather = Weather.HALF_OPEN
        async with asyncio.timeout(PATIENCE):
            for read in (session.horizon, lambda: session.fetch(sa.select(portal.c.id))):
                with pytest.raises((Unavailable, DeadlineExceeded)):
                    await read()
        proxy.weather = Weather.FAIR
        await session.release()
        assert await session.fetch(sa.select(portal.c.id)) == []
    finally:
        await session.close()
        await database.close()


async def test_a_server_that_ends_while_the_database_is_frozen_ends(
    proxy: Proxy, url: str, tmp_path: Path, private: PrivateServer
) -> None:
    through = sa.make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    try:
        async with asyncio.timeout(PATIENCE), operating(through, tmp_path):
            private.freeze()
    finally:
        private.thaw()


@pytest.fixture
async def embedded(tmp_path: Path, migrated_sqlite_url: str) -> AsyncIterator[Operator]:
    """A service on a file."""
    async with operating(migrated_sqlite_url, tmp_path) as made:
        yield made


def file_of(url: str) -> str:
    return str(sa.make_url(url).database)


async def test_a_file_that_another_process_changes_can_be_read_and_is_written_after(
    embedded: Operator, migrated_sqlite_url: str
) -> None:
    with closing(sqlite3.connect(file_of(migrated_sqlite_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await embedded.ask() == (200, "OK")
        assert set(await asyncio.gather(*(embedded.ask(WRITE) for _ in range(3)))) == UNCHANGED
        other.execute("ROLLBACK")
    await embedded.recover()


async def test_a_full_disk_refuses_changes_and_serves_reads(embedded: Operator) -> None:
    async with pragma(embedded, "max_page_count=1", "max_page_count=1073741823"):
        told = {(200, "OK")}
        for number in range(1_000):
            told.add(await embedded.ask(WRITE, f"{number}: {'x' * 400}"))
            if told != {(200, "OK")}:
                break
        assert told == {(200, "OK")} | UNCHANGED
        assert await embedded.ask() == (200, "OK")
    await embedded.recover()


async def test_a_file_that_became_read_only_refuses_changes_and_serves_reads(embedded: Operator) -> None:
    async with pragma(embedded, "query_only=ON", "query_only=OFF"):
        assert {await embedded.ask(WRITE)} == UNCHANGED
        assert await embedded.ask() == (200, "OK")
    await embedded.recover()


@asynccontextmanager
async def pragma(operator: Operator, set_: str, unset: str) -> AsyncIterator[None]:
    """Sets something on the writer's connection meanwhile; SQLite rounds what is too small up."""
    storage: Any = operator.service.database._storage
    for text in (set_, unset):
        connection = storage._writing or storage._open()
        connection.driver_connection.execute(f"PRAGMA {text}")
        if text == set_:
            yield
