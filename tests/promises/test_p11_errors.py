"""P11: whatever is raised wherever, the answer has a code and a request id, and tells nothing of the inside."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

import httpx2
import orjson
import pytest
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from gateway.app import Gateway as Edge
from gateway.app import create_app
from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.endpoint import GraphQLEndpoint
from gateway.graph_engine import GraphEngine
from gateway.identity.authenticator import DatabaseAuthenticator
from gateway.identity.identity import Identity
from gateway.live.messages import Closing
from gateway.origins import Origins
from tabard import Plugin
from tabard.errors import Fault, Forbidden, GraphError, TabardError, Unauthenticated
from tabard.events import Place
from tabard.migrating import Migrations
from tabard.storage.sqlite_connections import SqliteConnection, SqliteTransaction
from tabard.testing import Gateway
from tests.promises.support.failures import KINDS, broken, failure
from tests.promises.support.talking import PATIENCE, talking
from tests.promises.support.traps import Known, Trap
from tests.support.databases import bundled
from tests.support.gateways import opened
from tests.support.scopes import posted

pytestmark = pytest.mark.promise("P11")

# What no answer may hold: SQL, paths, places in code, names of modules and classes of what was raised.
INSIDE: Final = re.compile(
    r"SELECT|INSERT|UPDATE |FROM |password|secrets|/srv|/tmp|\.py|Traceback|line \d"
    r"|sqlalchemy|sqlite|asyncpg|gateway\.|tabard\.|\w(Error|Exception|Exit)\b|[Rr]efused\(",
)
IN_A_PLUGIN: Final = {
    "resolver": "query ($kind: String!) { brokenThing { value: resolved(kind: $kind) } }",
    "asynchronous resolver": "query ($kind: String!) { brokenThing { value: awaited(kind: $kind) } }",
    "declared read": "query ($kind: String!) { brokenThing { value: declared(kind: $kind) } }",
    "query": "query ($kind: String!) { value: brokenQuery(kind: $kind) { number } }",
    "synchronous function": "query ($kind: String!) { value: brokenThreaded(kind: $kind) { number } }",
    "mutation": "mutation ($kind: String!) { value: brokenChange(input: {kind: $kind}) { userErrors { code } } }",
}
READ: Final = "{ companies(first: 1) { nodes { name } } }"
WRITE: Final = """mutation { value: recordCreate(input: {
    objectType: "company", properties: [{ key: "name", value: { text: "New" } }] }) { userErrors { code } } }"""
# Where else it is raised, with a request that comes by, and how often the place is passed before.
ELSEWHERE: Final = {
    "verifier": (READ, 0),
    "read of the caller": (READ, 0),
    "read": (READ, 1),
    "write": (WRITE, 0),
    "engine": (READ, 0),
    "endpoint": (READ, 0),
    "middleware": (READ, 0),
}
IN_A_STREAM: Final = {
    "choice of events": "subscription ($kind: String!, $after: String) "
    "{ brokenEvents(kind: $kind, after: $after) { recordId } }",
    "field of an event": "subscription ($kind: String!, $after: String) "
    "{ recordChanged(after: $after) { record { ... on Company { name brokenWord(kind: $kind) } } } }",
}
# Events that cannot be chosen because the database is away are chosen when it is back.
WAITED_FOR: Final = {"Unavailable", "DeadlineExceeded"}
IN_A_MUTATION: Final = {"mutation", "write"}
AT_THE_OPENING: Final = {"verifier", "read of the caller"}
BY_THE_DATABASE: Final = {"read of the caller", "read", "write"}


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    """All that is shipped, and one that fails as it is told."""
    return [*bundled(), broken()]


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Trap:
    """What is raised inside the server."""
    made = Trap()
    places = [
        ("write", SqliteTransaction, "commit"),
        ("engine", GraphEngine, "execute"),
        ("endpoint", GraphQLEndpoint, "_respond"),
        ("middleware", Origins, "__call__"),
    ]
    for place, owner, name in places:
        monkeypatch.setattr(owner, name, made.on(place, getattr(owner, name)))
    fetch = made.on("read of the caller", made.on("read", SqliteConnection.fetch))
    monkeypatch.setattr(SqliteConnection, "fetch", fetch)
    return made


@pytest.fixture
async def behind(demo_sqlite_url: str, plugins: Sequence[Plugin]) -> AsyncIterator[Gateway]:
    """What is behind the edge."""
    async with opened(demo_sqlite_url, plugins) as made:
        yield made


@pytest.fixture
async def app(behind: Gateway, demo_sqlite_url: str, plugins: Sequence[Plugin], trap: Trap) -> ASGIApp:
    """A server for production, to which everybody is a super admin."""
    known = Known(Identity(*await behind.identity("super-admin")), trap)
    engine = GraphEngine(behind.graph, Migrations(demo_sqlite_url, plugins))
    return create_app(Edge(Configuration(), engine, DatabaseAuthenticator(known, behind.graph.database)))


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a token."""
    headers = {"authorization": "Bearer x", "accept": "application/graphql-response+json"}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as made:
        yield made


def expected(kind: str, layer: str, masked: Code) -> str:
    """The code of an error that has one where it was raised, else the one that hides it."""
    error = failure(kind)
    if isinstance(error, Fault) and layer in IN_A_MUTATION:
        return error.code
    return error.code if isinstance(error, GraphError) else masked


async def told(client: httpx2.AsyncClient, query: str, kind: str) -> tuple[int, list[str]]:
    """The status and the codes of an answer, or what is wrong with it."""
    with capture_logs():
        try:
            answer = await client.post("/graphql", json={"query": query, "variables": {"kind": kind}})
        except BaseException as error:  # noqa: BLE001 - whatever comes out of the server is no answer
            return 0, [f"no answer but {type(error).__name__}"]
    if INSIDE.search(answer.text):
        return answer.status_code, [answer.text]
    errors = answer.json().get("errors") or answer.json()["data"]["value"]["userErrors"]
    ids = {error["extensions"]["requestId"] for error in errors if "extensions" in error}
    assert ids <= {answer.headers["x-request-id"]}
    return answer.status_code, sorted({error.get("extensions", error)["code"] for error in errors})


async def test_whatever_a_plugin_raises_is_coded_and_tells_nothing(client: httpx2.AsyncClient) -> None:
    wrong = {}
    for (layer, query), kind in itertools.product(IN_A_PLUGIN.items(), KINDS):
        found = await told(client, query, kind)
        if found != (200, [expected(kind, layer, Code.PLUGIN_ERROR)]):
            wrong[layer, kind] = found
    assert wrong == {}


def allowed(layer: str, kind: str) -> set[str]:
    """The codes that may stand for it."""
    is_busy = layer in BY_THE_DATABASE and not issubclass(KINDS[kind], TabardError)
    codes = {Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED} if is_busy else set()
    return {expected(kind, layer, Code.INTERNAL_SERVER_ERROR), *codes}


async def test_whatever_is_raised_inside_the_server_is_coded_and_tells_nothing(
    client: httpx2.AsyncClient, trap: Trap
) -> None:
    wrong = {}
    for layer, kind in itertools.product(ELSEWHERE, KINDS):
        if kind == "GeneratorExit":
            # The coroutine is closed, and nobody is left to answer.
            continue
        query, passes = ELSEWHERE[layer]
        trap.kind, trap.place, trap.passes = kind, layer, passes
        status, found = await told(client, query, kind)
        if status < 200 or len(found) != 1 or found[0] not in allowed(layer, kind):
            wrong[layer, kind] = found
    assert wrong == {}


async def test_a_server_answers_as_before_when_nothing_is_raised_any_more(
    client: httpx2.AsyncClient, trap: Trap
) -> None:
    for layer, (query, passes) in ELSEWHERE.items():
        trap.kind, trap.place, trap.passes = "Odd", layer, passes
        await told(client, query, trap.kind)
        trap.place = ""
        answer = await client.post("/graphql", json={"query": query})
        assert "errors" not in answer.json(), layer


async def first_told(app: ASGIApp, query: str, **variables: str) -> list[str]:
    """The codes of the first answer on an event stream, whose client then goes away; or what is wrong with it."""
    told, heard = asyncio.Event(), b""
    asked = iter([{"type": "http.request", "body": orjson.dumps({"query": query, "variables": variables})}])

    async def receive() -> Message:
        for message in asked:
            return message
        await told.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal heard
        heard += message.get("body", b"")
        if b"event: " in heard:
            told.set()

    with capture_logs():
        try:
            async with asyncio.timeout(PATIENCE):
                await app(posted("x", {"accept": "text/event-stream"}), receive, send)
        except BaseException as error:  # noqa: BLE001 - whatever comes out of the server is no answer
            return [f"no answer but {type(error).__name__}"]
    first = heard.partition(b"data: ")[2].partition(b"\n")[0]
    if INSIDE.search(heard.decode()) or not first:
        return [heard.decode()]
    errors = orjson.loads(first).get("errors", [])
    assert all(error["extensions"]["requestId"] for error in errors)
    return sorted({error["extensions"]["code"] for error in errors})


@pytest.fixture
async def cursor(behind: Gateway, client: httpx2.AsyncClient) -> str:
    """The place before a record that was made."""
    made = await client.post("/graphql", json={"query": WRITE})
    assert made.json()["data"]["value"]["userErrors"] == []
    portal, _ = await behind.identity("super-admin")
    return behind.graph.places.encode(portal, Place(0, 0))


async def test_whatever_a_plugin_raises_at_an_event_is_coded_and_tells_nothing(
    app: ASGIApp, cursor: str
) -> None:
    wrong = {}
    for (layer, query), kind in itertools.product(IN_A_STREAM.items(), KINDS):
        if layer == "choice of events" and kind in WAITED_FOR:
            continue
        found = await first_told(app, query, kind=kind, after=cursor)
        if found != [expected(kind, layer, Code.PLUGIN_ERROR)]:
            wrong[layer, kind] = found
    assert wrong == {}


async def told_on_a_socket(app: ASGIApp, query: str, kind: str) -> list[str]:
    """The codes of a query's answer on a WebSocket, or the number with which it is closed, or what is wrong."""
    with capture_logs():
        async with talking(app, "x") as talk:
            answer = await talk.hear()
            if answer["type"] == "connection_ack":
                answer = await talk.ask(query, kind=kind)
    if INSIDE.search(str(answer)):
        return [str(answer)]
    payload = answer.get("payload")
    if payload is None:
        return [f"{answer['type']} {answer.get('code')}"]
    errors = payload if isinstance(payload, list) else payload.get("errors")
    if errors is None:
        return sorted({error["code"] for error in payload["data"]["value"]["userErrors"]})
    assert all(error["extensions"]["requestId"] for error in errors)
    return sorted({error["extensions"]["code"] for error in errors})


async def test_whatever_a_plugin_raises_is_coded_on_a_socket_too(app: ASGIApp) -> None:
    wrong = {}
    for (layer, query), kind in itertools.product(IN_A_PLUGIN.items(), KINDS):
        found = await told_on_a_socket(app, query, kind)
        if found != [expected(kind, layer, Code.PLUGIN_ERROR)]:
            wrong[layer, kind] = found
    assert wrong == {}


def is_sent_away(kind: str) -> bool:
    """Whether it says that the caller may not go on."""
    return issubclass(KINDS[kind], Unauthenticated | Forbidden)


def at_the_opening(layer: str, kind: str) -> set[str]:
    """How a socket may be closed when it is raised while it is opened, where the caller is looked at first."""
    ends = {Closing.FORBIDDEN if is_sent_away(kind) else Closing.TRY_LATER}
    if not issubclass(KINDS[kind], GraphError):
        is_busy = layer in BY_THE_DATABASE and not issubclass(KINDS[kind], TabardError)
        ends = {Closing.FAILURE, Closing.TRY_LATER} if is_busy else {Closing.FAILURE}
    return {f"closed {end.value}" for end in ends}


def in_an_operation(layer: str, kind: str) -> set[str]:
    """How an open socket may tell it: by a code, or, when the caller may not go on, by its end."""
    if is_sent_away(kind) and layer != "write":
        return {f"closed {Closing.FORBIDDEN.value}"}
    return allowed(layer, kind)


async def test_whatever_is_raised_inside_the_server_is_coded_on_a_socket_too(
    app: ASGIApp, trap: Trap
) -> None:
    wrong = {}
    for layer, kind in itertools.product(ELSEWHERE.keys() - {"endpoint", "middleware"}, KINDS):
        if kind == "GeneratorExit":
            # The coroutine is closed, and nobody is left to answer.
            continue
        query, passes = ELSEWHERE[layer]
        trap.kind, trap.place, trap.passes = kind, layer, passes
        found = await told_on_a_socket(app, query, kind)
        may = at_the_opening if layer in AT_THE_OPENING else in_an_operation
        if len(found) != 1 or found[0] not in may(layer, kind):
            wrong[layer, kind] = found
    assert wrong == {}
