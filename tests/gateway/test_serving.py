"""Serving: the graph behind HTTP with real plugins, and what the server says about its own health."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from gateway.configuration import Configuration
from gateway.graph_engine import Troubles
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity, NoTokens
from gateway.identity.issued_tokens import TrustedIssuers
from gateway.installation import Installation
from gateway.serving import DEMO_TOKENS, Service, verifier
from tabard.containment import Containment
from tabard.errors import DatabaseNotReady, Unavailable
from tabard.personas import find_user
from tabard.records.tables import node_lease
from tabard.storage.nodes import LEASE
from tests.support.databases import finished


@pytest.fixture
def installation(tmp_path: Path, demo_sqlite_url: str) -> Installation:
    """The demo, served for development."""
    Path(demo_sqlite_url.removeprefix("sqlite:///")).rename(tmp_path / "tabard.sqlite3")
    return Installation(Configuration(data=tmp_path, development=True))


@asynccontextmanager
async def opened(installation: Installation, renew_every: float = 60.0) -> AsyncIterator[Service]:
    service = Service(installation, renew_every)
    await service.open()
    try:
        yield service
    finally:
        await service.close()


@asynccontextmanager
async def client_of(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(service.app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def token_of(service: Service, persona: str) -> str:
    user = await find_user(service.database, persona)
    tokens = DemoTokens(service.installation.secret(DEMO_TOKENS))
    return tokens.issue(Identity(user.portal_id, user.user_id))


async def test_a_request_is_answered_for_the_user_of_its_token(installation: Installation) -> None:
    async with opened(installation) as service, client_of(service) as client:
        headers = {"authorization": f"Bearer {await token_of(service, 'csm')}"}
        asked = {"query": "{ viewer { name } workspace { name customers { owned { totalCount } } } }"}
        answer = (await client.post("/graphql", json=asked, headers=headers)).json()
        assert answer["data"]["viewer"] == {"name": "Dario Conti"}
        assert answer["data"]["workspace"]["customers"]["owned"]["totalCount"] > 0
        anonymous = (await client.post("/graphql", json={"query": "{ viewer { name } }"})).json()
        assert anonymous["data"] == {"viewer": None}
        assert service.database.checked_out == 0


async def test_a_mutation_is_done_once_for_its_key(installation: Installation) -> None:
    async with opened(installation) as service, client_of(service) as client:
        headers = {
            "authorization": f"Bearer {await token_of(service, 'super-admin')}",
            "idempotency-key": "once-only-1",
        }
        named = {"query": "{ workspace { id tabs { key state } } }"}
        workspace = (await client.post("/graphql", json=named, headers=headers)).json()["data"]["workspace"][
            "id"
        ]
        hide = (
            'mutation ($id: ID!) { workspaceTabSetVisible(input: {workspace: $id, tab: "revenue", visible: false}) '
            "{ workspace { tabs { key state } } userErrors { message } } }"
        )
        asked = {"query": hide, "variables": {"id": workspace}}
        first, second = [
            (await client.post("/graphql", json=asked, headers=headers)).json() for _ in range(2)
        ]
        assert first == second
        payload = first["data"]["workspaceTabSetVisible"]
        assert {"key": "revenue", "state": "HIDDEN"} in payload["workspace"]["tabs"]


async def test_an_operation_that_is_cancelled_gives_its_connection_back(installation: Installation) -> None:
    async with opened(installation) as service, client_of(service) as client:
        headers = {"authorization": f"Bearer {await token_of(service, 'csm')}"}
        asked = {"query": "{ companies(first: 100) { nodes { name owner { name } } } }"}
        request = asyncio.create_task(client.post("/graphql", json=asked, headers=headers))
        while not request.done() and service.database.checked_out == 0:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert service.database.checked_out == 0


@pytest.mark.promise("P26")
async def test_a_server_with_all_it_needs_is_ready(installation: Installation) -> None:
    async with opened(installation) as service, client_of(service) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert {probe["isReady"] for probe in ready.json()["probes"]} == {True}


@pytest.mark.promise("P26")
async def test_a_database_that_is_gone_makes_it_unready_but_not_dead(installation: Installation) -> None:
    async with opened(installation) as service, client_of(service) as client:
        installation.folder.database.unlink()
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert [probe["name"] for probe in ready.json()["probes"] if not probe["isReady"]] == [
            "database",
            "migrations",
        ]
        assert (await client.get("/livez")).status_code == 200


@pytest.mark.promise("P16", "P26")
async def test_a_failing_plugin_is_named_and_costs_no_readiness(installation: Installation) -> None:
    async def fail() -> None:
        raise LookupError

    async with opened(installation) as service, client_of(service) as client:
        with pytest.raises(Exception, match="revenue"):
            await service.graph.containment.call("revenue", fail)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert [probe["name"] for probe in ready.json()["probes"] if not probe["isReady"]] == [
            "plugin:revenue"
        ]


def test_a_plugins_trouble_is_forgotten_after_a_minute_of_peace() -> None:
    now = [0.0]
    containment, troubles = Containment(1.0), Troubles(lambda: now[0])
    assert troubles.look(containment) == {}
    containment.failures["revenue"] += 1
    said = "failed 1 times and blocked the event loop 0 times since the start"
    assert troubles.look(containment) == {"revenue": said}
    now[0] = 60.0
    assert troubles.look(containment) == {"revenue": said}
    now[0] = 60.1
    assert troubles.look(containment) == {}
    containment.blocked = Counter(revenue=1)
    assert list(troubles.look(containment)) == ["revenue"]


async def test_the_node_number_is_kept_while_serving_and_given_back_after(installation: Installation) -> None:
    async def expiry(service: Service) -> datetime:
        async with service.database.system("test") as connection:
            found: datetime = (await connection.execute(sa.select(node_lease.c.expires_at))).scalar_one()
            return found

    async with opened(installation, renew_every=0.01) as service:
        first = await expiry(service)
        while await expiry(service) == first:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
    with pytest.raises(Unavailable):
        service.lease()
    async with opened(installation) as again:
        assert again.lease() > 0
        async with again.database.system("test") as connection:
            later = node_lease.c.expires_at > datetime.now(UTC) + LEASE / 2
            held = (await connection.scalars(sa.select(node_lease.c.node).where(later))).all()
        assert held == [again.lease.node]


async def test_a_database_without_its_tables_is_not_served(tmp_path: Path) -> None:
    service = Service(Installation(Configuration(data=tmp_path)))
    with pytest.raises(DatabaseNotReady):
        await service.open()
    await service.close()


def test_demo_tokens_are_accepted_in_development_only(tmp_path: Path) -> None:
    development = verifier(Installation(Configuration(data=tmp_path, development=True)))
    assert isinstance(development, TrustedIssuers)
    assert isinstance(verifier(Installation(Configuration(data=tmp_path))), NoTokens)


def test_a_secret_for_one_purpose_is_none_for_another(tmp_path: Path) -> None:
    place = Installation(Configuration(data=tmp_path))
    assert place.secret("cursors") != place.secret("demo tokens")
    assert place.secret("cursors") == Installation(Configuration(data=tmp_path)).secret("cursors")
    configured = Installation(Configuration(data=tmp_path, secret_key="s" * 32))  # type: ignore[arg-type]
    assert configured.secret("cursors") != place.secret("cursors")


def test_a_service_can_be_closed_before_it_was_opened(installation: Installation) -> None:
    async def work() -> None:
        service = Service(installation)
        await service.close()
        await service.close()

    finished(work())
