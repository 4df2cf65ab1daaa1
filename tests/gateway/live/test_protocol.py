"""`graphql-transport-ws`: every rule of the protocol, and every code with which a socket is closed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.services import Running
from tests.support.sockets import SUBPROTOCOL, opened

pytestmark = pytest.mark.promise("P28")

CHANGES = "subscription { recordChanged { cursor recordId } }"
NAME = "{ viewer { name } }"
BROKEN = {
    "no JSON": "hello",
    "a list": "[]",
    "a text": '"connection_init"',
    "null": "null",
    "a number": "1",
    "a number too long": "1" * 10_000,
    "nothing": "",
    "nested too deeply": "[" * 1_000 + "]" * 1_000,
    "no type": "{}",
    "a type that is no text": '{"type": 1}',
    "an unknown type": '{"type": "start"}',
    "a type of the server": '{"type": "connection_ack"}',
    "next": '{"type": "next", "id": "a", "payload": {}}',
    "a payload that is no object": '{"type": "connection_init", "payload": []}',
    "a ping with a payload that is no object": '{"type": "ping", "payload": 1}',
    "a pong with a payload that is no object": '{"type": "pong", "payload": "x"}',
    "half a surrogate": '{"type": "ping", "payload": {"a": "\\ud800"}}',
}
BROKEN_AFTER = {
    "no id": {"payload": {"query": NAME}},
    "an id that is no text": {"id": 1, "payload": {"query": NAME}},
    "an empty id": {"id": "", "payload": {"query": NAME}},
    "no payload": {"id": "a"},
    "no query": {"id": "a", "payload": {}},
    "a query that is no text": {"id": "a", "payload": {"query": {"a": 1}}},
    "variables that are no object": {"id": "a", "payload": {"query": NAME, "variables": []}},
    "a name that is no text": {"id": "a", "payload": {"query": NAME, "operationName": 1}},
    "extensions that are no object": {"id": "a", "payload": {"query": NAME, "extensions": 1}},
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_message_closes_with_4400(shared: Running, text: str) -> None:
    async with opened(shared.ws) as socket:
        await socket.connection.send(text)
        code, reason = await socket.closed()
    assert code == 4400
    assert reason.endswith(".")
    assert not {"Traceback", "Error", "orjson"} & set(reason.split())


@pytest.mark.parametrize("members", BROKEN_AFTER.values(), ids=BROKEN_AFTER)
async def test_a_subscribe_that_is_malformed_closes_with_4400(
    shared: Running, members: dict[str, Any]
) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.send("subscribe", **members)
        code, _ = await socket.closed()
    assert code == 4400


async def test_a_binary_message_closes_with_4400(shared: Running) -> None:
    async with opened(shared.ws) as socket:
        await socket.connection.send(b'{"type": "ping"}')
        assert (await socket.closed())[0] == 4400


async def test_to_subscribe_before_the_acknowledgement_closes_with_4401(shared: Running) -> None:
    async with opened(shared.ws) as socket:
        await socket.subscribe("a", NAME)
        assert await socket.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize("given", ["Bearer forged", "Basic abc", "Bearer", 1, None])
async def test_credentials_that_are_not_ours_close_with_4403(shared: Running, given: object) -> None:
    async with opened(shared.ws) as socket:
        await socket.send("connection_init", payload={"authorization": given})
        code, reason = await socket.closed()
    assert code == 4403
    assert "UNAUTHENTICATED" in reason or "TOKEN_INVALID" in reason


async def test_a_subprotocol_that_we_do_not_speak_closes_with_4406(shared: Running) -> None:
    async with opened(shared.ws, subprotocols=["graphql-ws"]) as socket:
        assert socket.connection.subprotocol is None
        assert (await socket.closed())[0] == 4406


async def test_ours_is_chosen_among_several_subprotocols(shared: Running) -> None:
    async with opened(shared.ws, subprotocols=["graphql-ws", SUBPROTOCOL]) as socket:
        assert socket.connection.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("settings", [{"streams": {"init_seconds": 0.1}}])
async def test_who_does_not_begin_in_time_is_closed_with_4408(embedded: Running) -> None:
    async with opened(embedded.ws) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_an_id_that_is_in_use_closes_with_4409(shared: Running) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.subscribe("same", CHANGES)
        await socket.subscribe("same", CHANGES)
        assert await socket.closed() == (4409, "Subscriber for same already exists")


async def test_a_long_id_does_not_break_the_reason(shared: Running) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        for _ in range(2):
            await socket.subscribe("ü" * 200, CHANGES)
        code, reason = await socket.closed()
    assert code == 4409
    assert reason.startswith("Subscriber for üü")


async def test_to_begin_twice_closes_with_4429(shared: Running) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.send("connection_init")
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_a_message_that_is_too_long_closes_with_1009(shared: Running) -> None:
    async with opened(shared.ws) as socket:
        await socket.send("ping", payload={"filler": "x" * 65_536})
        assert (await socket.closed())[0] == 1009


async def test_a_ping_is_answered_at_any_time_with_its_payload(shared: Running) -> None:
    async with opened(shared.ws) as socket:
        await socket.send("ping")
        assert await socket.receive() == {"type": "pong"}
        await socket.send("ping", payload={"sent": 1})
        assert await socket.receive() == {"type": "pong", "payload": {"sent": 1}}
        await socket.send("pong")
        assert await socket.initialise(shared.token("csm")) == {"type": "connection_ack"}
        await socket.send("ping")
        assert await socket.receive() == {"type": "pong"}


async def test_a_query_has_one_answer_and_completes(shared: Running) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        for _ in range(2):
            await socket.subscribe("again", NAME)
            answer = await socket.receive()
            assert (answer["id"], answer["type"]) == ("again", "next")
            assert answer["payload"]["data"] == {"viewer": {"name": "Dario Conti"}}
            assert await socket.receive() == {"id": "again", "type": "complete"}


async def test_the_named_operation_of_a_document_is_executed_with_its_variables(shared: Running) -> None:
    document = (
        "query A { viewer { name } } query B($n: Int!) { companies(first: $n) { nodes { __typename } } }"
    )
    payload = {"query": document, "operationName": "B", "variables": {"n": 1}, "extensions": None}
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.send("subscribe", id="b", payload=payload)
        answer = await socket.receive()
    assert answer["payload"]["data"] == {"companies": {"nodes": [{"__typename": "Company"}]}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: recordChanged { kind } b: recordChanged { kind } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($ids: [ID!]!) { recordChanged(ids: $ids) { kind } }", "BAD_USER_INPUT"),
        ('subscription { recordChanged(after: "bent") { kind } }', "INVALID_CURSOR"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        (f"{{ viewer {{ {' '.join(f'a{n}: name' for n in range(31))} }} }}", "ALIAS_LIMIT_EXCEEDED"),
        (f"{{ viewer {{ {'name ' * 2_100} }} }}", "TOKEN_LIMIT_EXCEEDED"),
    ],
)
async def test_what_cannot_be_executed_gets_one_error_and_nothing_after(
    shared: Running, query: str, code: str
) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.subscribe("bad", query)
        error = await socket.receive()
        assert (error["type"], error["id"]) == ("error", "bad")
        assert {item["extensions"]["code"] for item in error["payload"]} == {code}
        assert all(item["extensions"]["requestId"] for item in error["payload"])
        # The id is free again, and nothing else was said of it.
        await socket.subscribe("bad", NAME)
        assert (await socket.receive())["type"] == "next"


async def test_nothing_is_said_of_an_operation_that_its_client_has_completed(shared: Running) -> None:
    async with opened(shared.ws, shared.token("csm")) as socket:
        await socket.subscribe("s", CHANGES)
        await socket.send("complete", id="s")
        await socket.send("complete", id="never begun")
        await socket.subscribe("s", NAME)
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"name": "Dario Conti"}}
        assert await socket.receive() == {"id": "s", "type": "complete"}


async def test_a_caller_without_a_token_gets_what_is_open_to_everyone(shared: Running) -> None:
    async with opened(shared.ws) as socket:
        assert await socket.initialise() == {"type": "connection_ack"}
        await socket.subscribe("q", "{ __typename }")
        assert (await socket.receive())["payload"]["data"] == {"__typename": "Query"}
        await socket.receive()
        await socket.subscribe("s", CHANGES)
        refused = await socket.receive()
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("persona", "reason"), [("outsider", "PERMISSION_REQUIRED"), ("csm-no-seat", "SEAT_REQUIRED")]
)
@pytest.mark.promise("P3")
async def test_who_may_not_subscribe_is_told_why(shared: Running, persona: str, reason: str) -> None:
    async with opened(shared.ws, shared.token(persona)) as socket:
        await socket.subscribe("s", CHANGES)
        refused = await socket.receive()
    assert refused["type"] == "error"
    extensions = refused["payload"][0]["extensions"]
    assert (extensions["code"], extensions["reason"]) == ("FORBIDDEN", reason)


async def test_a_token_in_the_header_of_the_handshake_is_good_too(shared: Running) -> None:
    headers = {"authorization": f"Bearer {shared.token('csm')}"}
    async with opened(shared.ws, additional_headers=headers) as socket:
        assert await socket.initialise() == {"type": "connection_ack"}
        await socket.subscribe("q", NAME)
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"name": "Dario Conti"}}


async def test_a_malformed_header_is_refused_with_401(shared: Running) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(shared.ws, additional_headers={"authorization": "Basic abc"}):
            pass
    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/nowhere"])
async def test_a_socket_at_another_address_finds_nothing(shared: Running, path: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(f"{shared.ws}{path}?"):
            pass
    assert caught.value.response.status_code == 404
    assert json.loads(caught.value.response.body)["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:1",
        "file://",
        "http://[",
    ],
)
async def test_a_page_of_a_foreign_origin_cannot_connect(shared: Running, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(shared.ws, origin=origin):
            pass
    assert caught.value.response.status_code == 403
    assert json.loads(caught.value.response.body)["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"


@pytest.mark.parametrize("settings", [{"allowed_origins": "https://app.example.com, https://b.example"}])
async def test_pages_of_listed_origins_and_of_our_own_can_connect(embedded: Running) -> None:
    for origin in ("https://app.example.com", "https://b.example", embedded.http):
        async with opened(embedded.ws, embedded.token("csm"), origin=origin) as socket:
            await socket.send("ping")
            assert await socket.receive() == {"type": "pong"}


LIMITED = {"streams": {"process": 3, "user": 2, "operations": 2, "heartbeat_seconds": 0.05}}


@pytest.mark.parametrize("settings", [LIMITED])
async def test_connections_and_operations_are_counted(embedded: Running) -> None:
    token = embedded.token("csm")
    async with opened(embedded.ws, token) as socket, opened(embedded.ws, token):
        for id in ("a", "b", "c"):
            await socket.subscribe(id, CHANGES)
        refused = await socket.receive()
        assert (refused["type"], refused["id"]) == ("error", "c")
        extensions = refused["payload"][0]["extensions"]
        assert (extensions["code"], extensions["limit"]) == ("STREAM_LIMIT_EXCEEDED", 2)
        await socket.send("complete", id="a")
        await socket.subscribe("d", NAME)
        assert (await socket.receive())["type"] == "next"
        async with opened(embedded.ws) as third:
            with pytest.raises(InvalidStatus) as caught:
                async with opened(embedded.ws):
                    pass
            assert caught.value.response.status_code == 503
            assert b"OVERLOADED" in caught.value.response.body
            await third.send("connection_init", payload={"Authorization": f"Bearer {token}"})
            code, reason = await third.closed()
    assert code == 1013
    assert reason.startswith("STREAM_LIMIT_EXCEEDED")
    async with opened(embedded.ws, token):
        assert embedded.service.gateway.streams.opened["websocket"] >= 4


@pytest.mark.parametrize("settings", [LIMITED])
async def test_the_server_pings_by_itself(embedded: Running) -> None:
    async with opened(embedded.ws, embedded.token("csm")) as socket:
        heard = asyncio.Event()
        handle = socket.connection.protocol.events_received
        socket.connection.protocol.events_received = lambda: _noting(handle(), heard)  # type: ignore[method-assign]
        async with asyncio.timeout(30):
            await heard.wait()


def _noting(frames: list[Any], heard: asyncio.Event) -> list[Any]:
    if any(getattr(frame, "opcode", None) == 9 for frame in frames):
        heard.set()
    return frames
