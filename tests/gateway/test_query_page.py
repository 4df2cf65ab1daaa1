"""The query page over HTTP: where it is served, what a browser may do for it, and who gets tokens."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import GraphQLSchema, build_schema
from starlette.applications import Starlette

from gateway.app import Gateway as Server
from gateway.app import create_app
from gateway.configuration import Configuration
from gateway.examples import FOLDERS, examples
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.guests import Guests
from gateway.query_page import POLICY
from tabard.migrating import Migrations
from tabard.personas import PERSONAS
from tabard.testing import Gateway
from tests.gateway.sample import SampleAuthenticator, SampleEngine
from tests.support.databases import bundled

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schema" / "schema.graphql"
LOOPBACK = "http://127.0.0.1:8000"
PATHS = [
    "/",
    "/graphiql",
    "/graphiql/examples",
    "/graphiql/static/query.js",
    "/graphiql/static/base.css",
    "/graphiql/static/icon.svg",
]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """In development, without GraphiQL."""
    return {"development": True, "assets": tmp_path}


@pytest.fixture
async def demo(demo_sqlite_url: str, settings: dict[str, Any]) -> AsyncIterator[Starlette]:
    """A development server over the demo's database."""
    async with Gateway.on(demo_sqlite_url, *bundled()) as gateway:
        tokens = DemoTokens(b"a secret of the tests and of nobody else")
        database = gateway.graph.database
        yield create_app(
            Server(
                Configuration(**settings),
                GraphEngine(gateway.graph, Migrations(demo_sqlite_url, bundled())),
                DatabaseAuthenticator(tokens, database),
                guests=Guests(database, tokens),
            )
        )


def caller(app: Starlette, host: str = "127.0.0.1", base_url: str = LOOPBACK) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, client=(host, 50_000))
    return httpx2.AsyncClient(transport=transport, base_url=base_url)


def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 404),
        ({"development": True}, 200),
        ({"query_page": True}, 200),
        ({"development": True, "query_page": False}, 404),
    ],
)
async def test_the_page_is_for_development_unless_the_operator_decides(
    client: httpx2.AsyncClient, status: int
) -> None:
    for path in PATHS:
        assert (await client.get(path)).status_code == status
    assert (await client.get("/graphiql/personas")).status_code == 404


async def test_a_browser_fetches_from_us_alone_and_runs_nothing_inline(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/graphiql"):
        response = await client.get(path)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        rules = dict(rule.split(" ", 1) for rule in response.headers["content-security-policy"].split("; "))
        assert rules == POLICY
        assert "'unsafe" not in response.headers["content-security-policy"]
        assert set(rules.values()) == {"'none'", "'self'"}


async def test_files_have_the_types_that_browsers_insist_on(client: httpx2.AsyncClient) -> None:
    for name, expected in (
        ("query.js", "text/javascript; charset=utf-8"),
        ("base.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ):
        response = await client.get(f"/graphiql/static/{name}")
        assert response.headers["content-type"] == expected
        known = {"if-none-match": response.headers["etag"]}
        assert (await client.get(f"/graphiql/static/{name}", headers=known)).status_code == 304


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "path",
    [
        "static/../query_page.py",
        "static/%2e%2e/query_page.py",
        "static/..%2fquery_page.py",
        "static/%2fetc%2fpasswd",
        "static/query.js%00.css",
        "static/",
        "built/index.html",
        "built/../../pyproject.toml",
    ],
)
async def test_no_other_file_is_served(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(f"/graphiql/{path}")).status_code == 404


async def test_the_examples_are_the_documents_that_the_graph_answers(demo: Starlette) -> None:
    async with caller(demo) as client:
        found = (await client.get("/graphiql/examples")).json()
    assert len(found) == len(list((ROOT / "schema" / "operations").glob("*.graphql")))
    assert found[0] == {
        "name": "Workspace",
        "title": "The navigation of a workspace: its tabs, in order, and which of them show.",
        "kind": "query",
        "persona": "csm",
        "query": "# The navigation of a workspace: its tabs, in order, and which of them show.\n"
        "query Workspace {\n  workspace {\n    id\n    name\n    isDefault\n"
        "    tabs { key label position state reason }\n  }\n}\n",
        "variables": {},
    }
    changes = [example["kind"] != "query" for example in found]
    assert changes == sorted(changes), "what only reads comes first"


def test_an_example_that_the_graph_cannot_answer_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.graphql").write_text("# Good.\nquery Good { viewer { name } }\n")
    (tmp_path / "other.graphql").write_text("# Of a plugin that is not here.\nquery Other { missing }\n")
    assert [example.name for example in examples(schema(), [tmp_path / "none", tmp_path])] == ["Good"]
    assert examples(schema(), []) == []


def test_a_clone_has_the_examples_where_frontends_look() -> None:
    assert FOLDERS[-1] == ROOT / "schema" / "operations"


async def test_a_page_of_ours_on_this_machine_gets_a_token_for_each_persona(demo: Starlette) -> None:
    async with caller(demo) as client:
        guests = (await client.get("/graphiql/personas", headers={"sec-fetch-site": "same-origin"})).json()
        assert [guest["persona"] for guest in guests] == [persona.key for persona in PERSONAS]
        for guest in guests:
            answer = await client.post(
                "/graphql",
                json={"query": "{ viewer { name portal { key } } }"},
                headers={"authorization": f"Bearer {guest['token']}"},
            )
            viewer = answer.json()["data"]["viewer"]
            assert viewer == {"name": guest["name"], "portal": {"key": guest["portal"]}}


@pytest.mark.promise("P10")
@pytest.mark.parametrize(
    ("host", "base_url", "headers"),
    [
        ("192.0.2.7", LOOPBACK, {}),
        ("127.0.0.1", "http://tabard.example", {}),
        ("127.0.0.1", "http://127.0.0.1.tabard.example", {}),
        ("127.0.0.1", LOOPBACK, {"host": "[::1"}),
        ("127.0.0.1", LOOPBACK, {"host": ""}),
        ("127.0.0.1", LOOPBACK, {"host": "evil@127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"host": "evil:pass@localhost:8000"}),
        ("127.0.0.1", LOOPBACK, {"host": "127.0.0.1/graphiql"}),
        ("127.0.0.1", LOOPBACK, {"host": "127.0.0.1:"}),
        ("127.0.0.1", LOOPBACK, {"host": "127.0.0.1:8000:80"}),
        ("127.0.0.1", LOOPBACK, {"host": "127.0.0.1?x"}),
        ("127.0.0.1", LOOPBACK, {"host": "127.0.0.1, tabard.example"}),
        ("127.0.0.1", LOOPBACK, {"host": " 127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"sec-fetch-site": "cross-site"}),
        ("127.0.0.1", LOOPBACK, {"sec-fetch-site": "same-site"}),
        ("127.0.0.1", LOOPBACK, {"sec-fetch-site": "none"}),
        ("127.0.0.1", LOOPBACK, {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"x-forwarded-proto": "https"}),
        ("127.0.0.1", LOOPBACK, {"x-client-ip": "127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"cf-connecting-ip": "127.0.0.1"}),
        ("127.0.0.1", LOOPBACK, {"x-envoy-external-address": "127.0.0.1"}),
    ],
    ids=str,
)
async def test_nobody_else_gets_a_token(
    demo: Starlette, host: str, base_url: str, headers: dict[str, str]
) -> None:
    async with caller(demo, host, base_url) as client:
        response = await client.get("/graphiql/personas", headers=headers)
    assert response.status_code == 404
    assert "eyJ" not in response.text
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.promise("P10")
async def test_a_request_that_names_two_hosts_gets_no_token(demo: Starlette) -> None:
    async with caller(demo) as client:
        for hosts in (["127.0.0.1", "tabard.example"], ["127.0.0.1", "127.0.0.1"]):
            request = httpx2.Request("GET", f"{LOOPBACK}/graphiql/personas")
            request.headers = httpx2.Headers([("host", host) for host in hosts])
            assert (await client.send(request)).status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "[::1]:8000", "[::1]"])
async def test_this_machine_has_several_names(demo: Starlette, host: str) -> None:
    async with caller(demo) as client:
        assert (await client.get("/graphiql/personas", headers={"host": host})).status_code == 200


@pytest.mark.promise("P10")
async def test_a_server_that_others_can_reach_has_no_address_for_tokens(demo_sqlite_url: str) -> None:
    app = create_app(Server(Configuration(query_page=True), SampleEngine(), SampleAuthenticator()))
    async with caller(app) as client:
        assert (await client.get("/graphiql")).status_code == 200
        assert (await client.get("/graphiql/personas")).status_code == 404
