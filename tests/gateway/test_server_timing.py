"""Server timing: a development server says in headers where a request's time went, and why it was slow."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx2
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.documents.manifest import TrustedOperation, hash_of, written
from tabard import tracing
from tests.support.services import Running, serving

LISTED = "{ companies(first: 2) { nodes { name owner { name } } } }"
CHANGED = 'mutation { workspaceCreate(input: {name: "Timed"}) { userErrors { code } } }'
ENTRY = re.compile(r'(?P<name>\w+)(?:;dur=(?P<dur>[\d.]+))?(?:;desc="(?P<desc>[^"]*)")?')


def entries(answer: httpx2.Response) -> dict[str, tuple[float, str]]:
    """The duration and description of each entry of `Server-Timing`."""
    found = {}
    for text in answer.headers["server-timing"].split(", "):
        match = ENTRY.fullmatch(text)
        assert match, text
        found[match["name"]] = (float(match["dur"] or 0), match["desc"] or "")
    return found


class Asking:
    """A persona who asks a server."""

    def __init__(self, running: Running, persona: str = "csm") -> None:
        self._url = f"{running.http}/graphql"
        self._headers = {"authorization": f"Bearer {running.token(persona)}"}

    def ask(self, **members: Any) -> httpx2.Response:
        answer = httpx2.post(self._url, json=members, headers=self._headers)
        assert "errors" not in answer.json(), answer.text
        return answer


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans that are made during the test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # As under `opentelemetry-instrument`: the provider is there before the server is.
    with mock.patch("opentelemetry.trace.get_tracer_provider", return_value=provider):
        yield exporter
    tracing.stop()


@pytest.fixture
def running(demo_url: str) -> Iterator[Running]:
    """A development server over the demo."""
    with serving(demo_url) as made:
        yield made


def test_a_development_server_says_where_the_time_of_a_request_went(running: Running) -> None:
    csm = Asking(running)
    first, second, third = (csm.ask(query=LISTED) for _ in range(3))
    assert list(entries(first)) == ["parse", "validate", "plan", "db", "total", "level", "fallback"]
    assert (first.headers["x-tabard-fallback"], entries(first)["fallback"][1]) == ("first-sighting",) * 2
    found = entries(first)
    assert found["parse"][0] > 0 < found["validate"][0]
    assert found["plan"][0] == 0 < entries(second)["plan"][0]
    # What is remembered takes no time.
    assert [entries(third)[name][0] for name in ("parse", "validate", "plan")] == [0, 0, 0]
    for answer in (second, third):
        assert "x-tabard-fallback" not in answer.headers
    for answer in (first, second, third):
        # Viewer, companies and owners.
        assert entries(answer)["db"][1] == "statements: 3"
        assert 0 < entries(answer)["db"][0] < entries(answer)["total"][0]


def test_a_development_server_says_what_the_database_took_for_each_field(running: Running) -> None:
    csm = Asking(running)
    for answer in (csm.ask(query=LISTED), csm.ask(query=LISTED)):
        levels = re.findall(r'level;dur=([\d.]+);desc="([^"]+)"', answer.headers["server-timing"])
        assert {field for _, field in levels} == {"Query.companies", "Company.owner"}
        taken = [float(seconds) for seconds, _ in levels]
        assert taken == sorted(taken, reverse=True)
        assert 0 < sum(taken) < entries(answer)["db"][0]


def test_what_a_change_writes_is_told_as_well(running: Running) -> None:
    admin = Asking(running, "super-admin")
    changed = admin.ask(query=CHANGED)
    assert changed.json()["data"]["workspaceCreate"]["userErrors"] == []
    # The viewer, the workspace's row and its event, at the least.
    assert int(entries(changed)["db"][1].removeprefix("statements: ")) >= 3


def test_introspection_is_told_as_a_fallback(running: Running) -> None:
    csm = Asking(running)
    answers = [csm.ask(query="{ __schema { queryType { name } } }") for _ in range(2)]
    assert answers[1].headers["x-tabard-fallback"] == "introspection"


def test_spans_tell_of_plans_levels_and_fallbacks(demo_sqlite_url: str, spans: InMemorySpanExporter) -> None:
    with serving(demo_sqlite_url) as running:
        csm = Asking(running)
        spans.clear()
        csm.ask(query=LISTED)
        csm.ask(query=LISTED)
    found = spans.get_finished_spans()
    requests = [span.attributes or {} for span in found if span.name == "request"]
    assert [facts.get("tabard.fallback") for facts in requests] == ["first-sighting", None]
    levels = [span.attributes or {} for span in found if span.name == "level"]
    # By graphql-core and compiled.
    assert [(facts["tabard.field"], facts["tabard.parents"]) for facts in levels] == [
        ("Query.companies", 1),
        ("Company.owner", 2),
    ] * 2
    assert [span.name for span in found if span.name in ("parse", "validate", "plan")] == [
        "parse",
        "validate",
        "plan",
    ]


@pytest.mark.parametrize("settings", [{"development": True}])
async def test_a_refused_request_has_its_timing_too(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ nothing }"})
    assert answer.status_code == 200
    assert "errors" in answer.json()
    assert entries(answer)["validate"][0] > 0
    assert entries(answer)["db"] == (0, "statements: 0")


async def test_another_server_says_nothing_of_it(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert answer.json()["data"] == {"hello": "Hello, world!"}
    assert not {"server-timing", "x-tabard-fallback"} & set(answer.headers)


def test_a_trusted_document_is_planned_at_its_first_request(demo_sqlite_url: str, tmp_path: Path) -> None:
    trusted = f"query Listed {LISTED}"
    path = tmp_path / "documents.json"
    path.write_bytes(written([TrustedOperation("Listed", "query", trusted)]))
    with serving(demo_sqlite_url, documents={"mode": "prefer", "manifest": path}) as running:
        csm = Asking(running)
        named = csm.ask(documentId=f"sha256:{hash_of(trusted)}")
        assert "x-tabard-fallback" not in named.headers
        assert entries(named)["plan"][0] > 0
        assert csm.ask(query=LISTED).headers["x-tabard-fallback"] == "first-sighting"
