"""Spans: an operation's span holds one for each function of a plugin and each statement; and what fell back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.app import Gateway as Edge
from gateway.app import create_app
from gateway.configuration import Configuration
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from tabard import tracing
from tabard.migrating import Migrations
from tabard.testing import Gateway
from tests.support.databases import bundled

TOKENS = DemoTokens(b"s" * 32)
QUERY = "query Mine { companies(first: 5) { nodes { name owner { name } } } }"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What an operator's collector would get."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.start(provider)
    yield exporter
    tracing.stop()


@pytest.fixture
async def client(gateway: Gateway, demo_url: str) -> httpx2.AsyncClient:
    """A super admin who asks the whole edge over the demo."""
    engine = GraphEngine(gateway.graph, Migrations(demo_url, bundled()))
    edge = Edge(Configuration(), engine, DatabaseAuthenticator(TOKENS, gateway.graph.database))
    token = TOKENS.issue(Identity(*await gateway.identity("super-admin")))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(create_app(edge)),
        base_url="http://spans",
        headers={"authorization": f"Bearer {token}"},
    )


def ancestors(span: ReadableSpan, finished: tuple[ReadableSpan, ...]) -> list[str]:
    """The names of the spans round a span, the nearest first."""
    by_id = {item.context.span_id: item for item in finished if item.context}
    names, parent = [], span.parent
    while parent is not None:
        names.append(by_id[parent.span_id].name)
        parent = by_id[parent.span_id].parent
    return names


async def test_a_request_holds_its_batches_and_they_hold_their_statements(
    client: httpx2.AsyncClient, spans: InMemorySpanExporter
) -> None:
    for _ in range(3):
        spans.clear()
        assert "errors" not in (await client.post("/graphql", json={"query": QUERY})).json()
    finished = spans.get_finished_spans()
    (request,) = (span for span in finished if span.parent is None)
    assert request.name == "request"
    assert request.attributes is not None
    assert request.attributes["graphql.operation.type"] == "query"
    assert request.attributes["http.response.status_code"] == 200
    statements = [ancestors(span, finished) for span in finished if span.name == "statement"]
    # The viewer, the page, and the owners of the whole page in one.
    assert len(statements) == 3
    assert all(names[-1] == "request" for names in statements)
    batches = [span for span in finished if span.name == "batch"]
    assert all(ancestors(span, finished)[-1] == "request" for span in batches)
    assert {span.context.trace_id for span in finished if span.context} == {request.context.trace_id}


async def test_a_callers_trace_goes_on(client: httpx2.AsyncClient, spans: InMemorySpanExporter) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
    finished = spans.get_finished_spans()
    assert {f"{span.context.trace_id:032x}" for span in finished if span.context} == {trace}


async def test_operations_that_fall_back_are_counted_by_reason(client: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await client.post("/graphql", json={"query": '{ __type(name: "Viewer") { name } }'})
        await client.post("/graphql", json={"query": "{ viewer { name } }"})
    text = (await client.get("/metrics")).text
    assert 'tabard_fallbacks_total{reason="introspection"} 3.0' in text
    fallen = [line for line in text.splitlines() if line.startswith("tabard_fallbacks_total")]
    assert len(fallen) == 1, "a planned query falls back for no reason"
