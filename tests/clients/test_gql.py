"""gql, the client of Python: over HTTP and over WebSocket, against a served demo."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError
from graphql import print_schema

from tests.clients.setup.gql_client import over_http, over_websocket
from tests.support.demos import RunningDemo

COMPANIES = gql(
    """
    query ($first: Int!, $after: String) {
      companies(first: $first, after: $after) {
        nodes { id ... on Company { version } }
        pageInfo { hasNextPage endCursor }
      }
    }
    """
)
UPDATE = gql(
    """
    mutation ($record: ID!, $version: Int!, $industry: String!) {
      recordUpdate(
        input: {record: $record, ifVersion: $version, properties: [{key: "industry", value: {text: $industry}}]}
      ) {
        record { ... on Company { version industry } }
        userErrors { code }
      }
    }
    """
)
CHANGES = gql("subscription ($ids: [ID!]) { recordChanged(ids: $ids) { recordId changed } }")

pytestmark = pytest.mark.promise("P28")


def client(demo: RunningDemo, persona: str, **options: Any) -> Client:
    return over_http(f"{demo.address}/graphql", demo.tokens.get(persona, "no.such.token"), **options)


@pytest.fixture
async def session(demo: RunningDemo) -> AsyncIterator[AsyncClientSession]:
    async with client(demo, "super-admin") as session:
        yield session


async def test_pages_follow_one_another(session: AsyncClientSession) -> None:
    COMPANIES.variable_values = {"first": 3}
    first = (await session.execute(COMPANIES))["companies"]
    COMPANIES.variable_values = {"first": 3, "after": first["pageInfo"]["endCursor"]}
    second = (await session.execute(COMPANIES))["companies"]
    assert len({node["id"] for page in (first, second) for node in page["nodes"]}) == 6


async def test_a_mutation_is_done_and_what_a_user_can_mend_is_data(session: AsyncClientSession) -> None:
    COMPANIES.variable_values = {"first": 1}
    (company,) = (await session.execute(COMPANIES))["companies"]["nodes"]
    UPDATE.variable_values = {"record": company["id"], "version": company["version"], "industry": "gql"}
    done = (await session.execute(UPDATE))["recordUpdate"]
    assert done["record"] == {"version": company["version"] + 1, "industry": "gql"}
    late = (await session.execute(UPDATE))["recordUpdate"]
    assert late == {"record": None, "userErrors": [{"code": "STALE"}]}


async def test_errors_come_with_their_codes_and_the_data_there_is(demo: RunningDemo) -> None:
    async with client(demo, "super-admin-no-seat") as session:
        with pytest.raises(TransportQueryError) as forbidden:
            await session.execute(gql("{ workspace { name customers { settings { csmProperty } } } }"))
    assert forbidden.value.data is not None
    assert forbidden.value.data["workspace"]["customers"] is None
    assert forbidden.value.errors is not None
    assert forbidden.value.errors[0]["extensions"]["code"] == "FORBIDDEN"
    async with client(demo, "nobody") as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql("{ viewer { name } }"))
    assert refused.value.errors is not None
    assert refused.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_schema_is_fetched_by_introspection_with_a_token(demo: RunningDemo) -> None:
    async with client(demo, "csm", fetch_schema_from_transport=True) as session:
        assert session.client.schema is not None
        assert "type Workspace implements Node {" in print_schema(session.client.schema)


async def test_a_subscription_tells_of_changes(demo: RunningDemo, session: AsyncClientSession) -> None:
    COMPANIES.variable_values = {"first": 1}
    (company,) = (await session.execute(COMPANIES))["companies"]["nodes"]
    CHANGES.variable_values = {"ids": [company["id"]]}
    socket = over_websocket(f"{demo.address}/graphql", demo.tokens["super-admin"])
    async with socket as streams, aclosing(streams.subscribe(CHANGES)) as changes:
        arrived = asyncio.ensure_future(anext(changes))
        await change_until(session, company, arrived)
        assert (await arrived)["recordChanged"] == {"recordId": company["id"], "changed": ["industry"]}


async def change_until(
    session: AsyncClientSession, company: dict[str, Any], arrived: "asyncio.Future[Any]"
) -> None:
    """Changes a company until an event arrives, since nobody can tell when a stream has begun."""
    version = company["version"]
    while not arrived.done():
        UPDATE.variable_values = {"record": company["id"], "version": version, "industry": f"turn {version}"}
        version = (await session.execute(UPDATE))["recordUpdate"]["record"]["version"]
        await asyncio.wait([arrived], timeout=0.25)
