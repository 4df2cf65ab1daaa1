"""Connections: clients that send badly, stop sending or go away, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson
import pytest

from tests.gateway.hostile import HELLO
from tests.gateway.sample import SampleEngine

IMPATIENT = pytest.mark.parametrize("settings", [{"limits": {"upload_seconds": 0.2}}])
SMALL = pytest.mark.parametrize("settings", [{"limits": {"body_bytes": 1_000}}])
Address = tuple[str, int]


class Line:
    """A connection on which a test says exactly what it wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Sends the bytes at once."""
        self.writer.write(data)
        await self.writer.drain()

    async def post(
        self, body: bytes, *headers: str, length: int | None = None, content_type: str = "json"
    ) -> None:
        """Sends a request, of which the body may be other than its head says."""
        lines = [
            "POST /graphql HTTP/1.1",
            "Host: testserver",
            f"Content-Type: application/{content_type}",
            *([] if length == 0 else [f"Content-Length: {length or len(body)}"]),
            *headers,
        ]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def answer(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The next answer: status, headers, content."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *fields = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
            content = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, orjson.loads(content)

    async def is_closed(self) -> bool:
        """Whether the server has nothing more to say and ends the connection."""
        async with asyncio.timeout(20):
            return await self.reader.read() == b""


@asynccontextmanager
async def line(address: Address) -> AsyncIterator[Line]:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


def code(content: dict[str, Any]) -> str:
    """The code of the only error."""
    (error,) = content["errors"]
    result: str = error["extensions"]["code"]
    return result


@IMPATIENT
@pytest.mark.promise("P8")
async def test_a_body_that_stops_half_way_is_ended(address: Address) -> None:
    async with line(address) as client:
        await client.post(HELLO[:10], length=len(HELLO))
        status, headers, content = await client.answer()
        assert (status, headers["connection"], code(content)) == (408, "close", "REQUEST_TIMEOUT")
        assert await client.is_closed()


@IMPATIENT
@pytest.mark.promise("P8")
async def test_a_body_that_never_begins_is_ended(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"", length=10)
        status, _, content = await client.answer()
        assert (status, code(content)) == (408, "REQUEST_TIMEOUT")
        assert await client.is_closed()


@IMPATIENT
@pytest.mark.promise("P8")
async def test_a_body_that_drips_has_no_longer_than_one_that_stalls(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"", length=100_000)
        answer = asyncio.create_task(client.answer())
        while not answer.done():
            await client.send(b" ")
            await asyncio.sleep(0.01)
        status, _, content = answer.result()
        assert (status, code(content)) == (408, "REQUEST_TIMEOUT")


@IMPATIENT
@pytest.mark.promise("P8")
async def test_a_refused_body_that_never_ends_ends_its_connection(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"{", length=10, content_type="xml")
        status, headers, content = await client.answer()
        assert (status, headers["connection"], code(content)) == (415, "close", "UNSUPPORTED_MEDIA_TYPE")
        assert await client.is_closed()


async def test_a_stalled_client_keeps_nobody_waiting(address: Address) -> None:
    async with line(address) as stalled, line(address) as client:
        await stalled.post(b"{", length=10)
        await client.post(HELLO)
        assert (await client.answer())[0] == 200


@SMALL
async def test_a_body_that_is_too_large_is_answered_although_the_client_still_sends(address: Address) -> None:
    async with line(address) as client:
        await client.post(HELLO + b" " * 10_000)
        status, _, content = await client.answer()
        assert (status, code(content)) == (413, "PAYLOAD_TOO_LARGE")
        assert content["errors"][0]["extensions"]["actual"] == len(HELLO) + 10_000
        await client.post(HELLO)
        assert (await client.answer())[0] == 200


@SMALL
async def test_a_body_of_unknown_length_is_bounded_too(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"", "Transfer-Encoding: chunked", length=0)
        for _ in range(20):
            await client.send(b"64\r\n" + b" " * 100 + b"\r\n")
        await client.send(b"0\r\n\r\n")
        status, _, content = await client.answer()
        assert (status, code(content)) == (413, "PAYLOAD_TOO_LARGE")


@SMALL
async def test_a_body_far_too_large_is_cut_off(address: Address) -> None:
    async with line(address) as client:
        await client.post(b" " * 17_000, length=10_000_000)
        status, headers, content = await client.answer()
        assert (status, headers["connection"], code(content)) == (413, "close", "PAYLOAD_TOO_LARGE")


@SMALL
async def test_a_client_that_asks_for_leave_to_send_too_much_gets_none(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"", "Expect: 100-continue", length=10_000)
        status, headers, content = await client.answer()
        assert (status, headers["connection"], code(content)) == (413, "close", "PAYLOAD_TOO_LARGE")


async def test_a_client_that_asks_for_leave_to_send_gets_it(address: Address) -> None:
    async with line(address) as client:
        await client.post(b"", "Expect: 100-continue", length=len(HELLO))
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(HELLO)
        assert (await client.answer())[2]["data"] == {"hello": "Hello, world!"}


async def test_a_megabyte_sent_by_a_real_client_is_refused_with_an_answer(address: Address) -> None:
    host, port = address
    async with httpx2.AsyncClient(base_url=f"http://{host}:{port}") as client:
        headers = {"content-type": "application/json"}
        response = await client.post("/graphql", content=b" " * 10_000_000, headers=headers)
        assert (response.status_code, code(response.json())) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_refusal_leaves_the_connection_in_order(address: Address) -> None:
    async with line(address) as client:
        for _ in range(3):
            await client.post(b"not a request", content_type="xml")
            assert (await client.answer())[0] == 415
            await client.post(HELLO)
            assert (await client.answer())[0] == 200


async def test_a_client_that_goes_away_while_it_sends_is_forgotten(address: Address) -> None:
    async with line(address) as client:
        await client.post(HELLO[:10], length=len(HELLO))
    async with line(address) as client:
        await client.post(HELLO)
        assert (await client.answer())[0] == 200


@pytest.mark.promise("P22")
@pytest.mark.parametrize("settings", [{"deadline_seconds": 3_600}])
async def test_execution_is_cancelled_when_the_client_goes_away(
    address: Address, engine: SampleEngine
) -> None:
    async with line(address) as client:
        await client.post(b'{"query": "{ slow }"}')
        assert await asyncio.to_thread(engine.started.wait, 20)
        assert not engine.cancelled.is_set()
    assert await asyncio.to_thread(engine.cancelled.wait, 20)


@pytest.mark.parametrize("settings", [{"deadline_seconds": 0.1}])
async def test_execution_is_cancelled_when_its_time_is_spent(address: Address, engine: SampleEngine) -> None:
    async with line(address) as client:
        for accept in ("application/json", "application/graphql-response+json"):
            await client.post(b'{"query": "{ slow }"}', f"Accept: {accept}")
            status, _, content = await client.answer()
            assert (status, code(content)) == (504, "DEADLINE_EXCEEDED")
    assert engine.cancelled.is_set()
