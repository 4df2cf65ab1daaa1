"""P15: no token stays in the server's memory when its request has been answered."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.services import PATIENCE, Running, serving
from tests.support.sockets import SUBPROTOCOL

pytestmark = pytest.mark.promise("P15")

QUERIES = (
    {"query": "{ viewer { name } companies(first: 2) { nodes { name } } }"},
    {"query": "{ nothing }"},
    {"query": 'mutation { workspaceUpdate(input: {id: "none", name: "X"}) { userErrors { message } } }'},
    {"query": "subscription { workspaceChanged { id } }"},
)


def holders(text: str) -> set[str]:
    """The kinds of objects that hold a text in which this one is."""
    found = set()
    # A server takes what it is made of out of the collector's sight.
    gc.unfreeze()
    for thing in gc.get_objects():
        for held in gc.get_referents(thing):
            # By its type itself: a proxy of what is gone would be asked in vain.
            told = held.decode("latin-1") if type(held) is bytes else held
            if type(told) is str and len(told) > len(text) and text in told:
                found.add(type(thing).__name__)
    return found


def ask_by_http(port: int, token: str) -> None:
    """Asks by every method, with whatever else a client may send along."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for query in QUERIES:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        more = {"idempotency-key": "key-of-a-test", "connection": "close"}
        connection.request("POST", "/graphql", json.dumps(query), headers | more)
        connection.getresponse().read()
        connection.close()


def ask_by_socket(port: int, token: str) -> None:
    """Asks on a WebSocket, whose first message has the token."""
    address = f"ws://127.0.0.1:{port}/graphql"
    with (
        connect(address, subprotocols=[SUBPROTOCOL], proxy=None) as socket,
        suppress(ConnectionClosed),
    ):
        payload = {"authorization": f"Bearer {token}"}
        socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        socket.recv(PATIENCE)
        socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": QUERIES[0]}))
        socket.recv(PATIENCE)


@pytest.fixture
def running(demo_sqlite_url: str) -> Iterator[Running]:
    """A server in this process, in which it can be looked for."""
    with serving(demo_sqlite_url) as made:
        yield made


@pytest.mark.parametrize("ask", [ask_by_http, ask_by_socket])
@pytest.mark.parametrize("ending", ["", "X"], ids=["good", "forged"])
def test_no_token_outlives_its_request(running: Running, ask: Any, ending: str) -> None:
    whole = running.token("csm") + ending
    # Only pieces of it stay with the test itself.
    signature = whole.rpartition(".")[2]
    spelled = list(whole)
    del whole
    ask(running.port, "".join(spelled))
    deadline = time.monotonic() + PATIENCE
    while (found := holders(signature)) and time.monotonic() < deadline:
        gc.collect()
    assert found == set()
