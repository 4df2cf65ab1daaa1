"""Server-sent events: the rules of distinct connections, when a stream is chosen, and how it ends."""

from __future__ import annotations

import httpx2
import pytest

from tests.gateway.live.changes import CHANGED, company_of, rename
from tests.support.events import told
from tests.support.services import Running

pytestmark = pytest.mark.promise("P28")

NAME = "{ viewer { name } }"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_changes_are_told_as_events(server: Running, method: str) -> None:
    token = server.token("csm")
    company = await company_of(server, token)
    async with told(server.http, token, CHANGED, method, ids=[company]) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.response.headers["cache-control"] == "no-store"
        await rename(server, token, company, "First")
        await rename(server, token, company, "Second")
        told_of = [await stream.next() for _ in range(2)]
    assert [kind for kind, _ in told_of] == ["next", "next"]
    assert [answer["data"]["recordChanged"]["changed"] for _, answer in told_of] == [["name"], ["name"]]
    assert told_of[1][1]["data"]["recordChanged"]["record"] == {"id": company, "name": "Second"}


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_query_has_one_event_and_completes(shared: Running, method: str) -> None:
    async with told(shared.http, shared.token("csm"), NAME, method) as stream:
        events = await stream.rest()
    assert [name for name, _ in events] == ["next", "complete"]
    assert events[0][1]["data"] == {"viewer": {"name": "Dario Conti"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { recordChanged(after: "bent") { kind } }', "INVALID_CURSOR"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_what_is_wrong_with_the_document_is_told_on_the_stream(
    shared: Running, query: str, code: str
) -> None:
    async with told(shared.http, shared.token("csm"), query) as stream:
        assert stream.response.status_code == 200
        events = await stream.rest()
    assert [name for name, _ in events] == ["next", "complete"]
    assert [error["extensions"]["code"] for error in events[0][1]["errors"]] == [code]
    assert "data" not in events[0][1]


async def test_who_is_nobody_of_ours_gets_a_status_instead_of_a_stream(shared: Running) -> None:
    async with told(shared.http, "forged", NAME) as stream:
        assert stream.response.status_code == 401
        assert stream.response.headers["content-type"].startswith("application/graphql-response+json")


async def test_a_mutation_is_refused_by_get(shared: Running) -> None:
    mutation = 'mutation { recordUpdate(input: {record: "x", properties: []}) { userErrors { code } } }'
    async with told(shared.http, shared.token("csm"), mutation, "GET") as stream:
        assert stream.response.status_code == 405


URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "query", "type_"),
    [
        (URQL, NAME, "application/graphql-response+json"),
        ("application/json, text/event-stream;q=0.9", NAME, "application/json"),
        ("text/event-stream, application/json", NAME, "text/event-stream"),
        ("application/json;q=0.5, text/*", NAME, "application/json"),
        ("*/*", NAME, "application/json"),
        (URQL, 'subscription { recordChanged(after: "x") { kind } }', "text/event-stream"),
    ],
)
async def test_a_stream_is_sent_to_who_prefers_it_and_to_who_subscribes(
    shared: Running, accept: str, query: str, type_: str
) -> None:
    headers = {"accept": accept, "authorization": f"Bearer {shared.token('csm')}"}
    async with httpx2.AsyncClient(timeout=30) as client:
        response = await client.post(f"{shared.http}/graphql", json={"query": query}, headers=headers)
    assert response.headers["content-type"].partition(";")[0] == type_


async def test_who_reads_no_events_cannot_subscribe(shared: Running) -> None:
    headers = {"accept": "*/*", "authorization": f"Bearer {shared.token('csm')}"}
    query = {"query": "subscription { recordChanged { kind } }"}
    async with httpx2.AsyncClient(timeout=30) as client:
        response = await client.post(f"{shared.http}/graphql", json=query, headers=headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


@pytest.mark.parametrize("settings", [{"streams": {"heartbeat_seconds": 0.01, "user": 1}}])
async def test_a_quiet_stream_has_heartbeats_and_counts_for_its_user(embedded: Running) -> None:
    token = embedded.token("csm")
    company = await company_of(embedded, token)
    async with told(embedded.http, token, CHANGED) as stream:
        async with told(embedded.http, token, CHANGED) as second:
            assert second.response.status_code == 429
        async with told(embedded.http, embedded.token("manager"), CHANGED) as other:
            assert other.response.status_code == 200
        # The answer of a change passes several heartbeats.
        for name in ("One", "Two", "Three"):
            await rename(embedded, token, company, name)
            await stream.next()
        assert stream.heartbeats > 0
    await embedded.until(lambda streams: streams.open == 0)


@pytest.mark.promise("P20")
async def test_the_end_of_the_server_completes_the_stream(embedded: Running) -> None:
    async with told(embedded.http, embedded.token("csm"), CHANGED) as stream:
        await embedded.until(lambda streams: streams.open == 1)
        embedded.stop()
        assert await stream.rest() == [("complete", None)]
