"""Metrics: what is counted, under which labels, and that no client writes any."""

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from gateway.app import Gateway, create_app
from gateway.configuration import Configuration
from gateway.documents.manifest import Manifest, hash_of
from tests.gateway.sample import SampleAuthenticator, SampleEngine

TRUSTED = "query Greeting { hello }"
SECRET = "canary-e5b1"


@pytest.fixture
def app(engine: SampleEngine) -> Starlette:
    """The edge, with one trusted document."""
    manifest = Manifest({hash_of(TRUSTED): TRUSTED})
    return create_app(Gateway(Configuration(), engine, SampleAuthenticator(), manifest=manifest))


async def samples(client: httpx2.AsyncClient) -> dict[tuple[str, ...], float]:
    """Each value by its name and its labels, in the order of their names."""
    answer = await client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_answers_are_counted_by_trusted_operation_and_status(client: httpx2.AsyncClient) -> None:
    for query in (TRUSTED, TRUSTED, f"query {SECRET.replace('-', '_')} {{ hello }}", "{"):
        await client.post("/graphql", json={"query": query})
    await client.post("/graphql", json={"query": "{ failing(how: FORBIDDEN) }"})
    found = await samples(client)
    assert found["tabard_requests_total", "query", "Greeting", "200"] == 2
    assert found["tabard_requests_total", "query", "other", "200"] == 2
    assert found["tabard_requests_total", "none", "other", "200"] == 1
    assert found["tabard_errors_total", "GRAPHQL_PARSE_FAILED"] == 1
    assert found["tabard_errors_total", "FORBIDDEN"] == 1
    assert found["tabard_request_seconds_count", "Greeting"] == 2
    assert found["tabard_request_seconds_bucket", "+Inf", "Greeting"] == 2
    assert found["tabard_requests_running",] == 0


async def test_the_graph_tells_of_plugins_fallbacks_and_the_database(
    client: httpx2.AsyncClient, engine: SampleEngine
) -> None:
    engine.vitals.plugin_failures = {"renewals": 3}
    engine.vitals.plugin_blockings = {"renewals": 2}
    engine.vitals.fallbacks = {"interface": 5}
    engine.vitals.connections, engine.vitals.is_database_lost = 4, True
    found = await samples(client)
    assert found["tabard_plugin_failures_total", "renewals"] == 3
    assert found["tabard_plugin_blockings_total", "renewals"] == 2
    assert found["tabard_fallbacks_total", "interface"] == 5
    assert found["tabard_database_connections",] == 4
    assert found["tabard_database_lost",] == 1


@pytest.mark.promise("P15")
async def test_no_client_writes_a_label(client: httpx2.AsyncClient) -> None:
    secret = SECRET.replace("-", "_")
    for number in range(50):
        headers = {"authorization": f"Bearer {SECRET}{number}", f"x-{SECRET}": SECRET, "user-agent": SECRET}
        asked = {"query": f'query {secret}{number} {{ {secret}: hello(name: "{SECRET}") }}'}
        await client.post(f"/graphql?{SECRET}={SECRET}", json=asked, headers=headers)
        await client.get(f"/{SECRET}{number}")
    text = (await client.get("/metrics")).text
    assert SECRET not in text
    assert secret not in text
    series = [line for line in text.splitlines() if line.startswith("tabard_")]
    assert len(series) < 100, "however much clients make up"
