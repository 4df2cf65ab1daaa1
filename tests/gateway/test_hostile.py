"""Hostile requests: each is refused with its code, and none is answered with a failure of ours."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
import pytest

from gateway.codes import Code
from tests.gateway import hostile, hostile_addresses, hostile_documents
from tests.gateway.hostile import Hostile

KINDS: tuple[Callable[[], Iterable[Hostile]], ...] = (
    hostile.bodies,
    hostile.shapes,
    hostile.content_types,
    hostile.accepts,
    hostile.addresses,
    hostile.credentials,
    hostile_addresses.query_strings,
    hostile_addresses.simple_requests,
    hostile_addresses.hashes,
    hostile_addresses.keys,
    hostile_documents.syntax_errors,
    hostile_documents.invalid_documents,
    hostile_documents.oversized_documents,
    hostile_documents.dear_requests,
    hostile_documents.operations,
    hostile_documents.variables,
)
LEAKS = ("Traceback", 'File "', ".py", "object at 0x", "Error(", "SELECT", "site-packages")


def hostile_requests() -> list[Hostile]:
    """All of them."""
    return [request for kind in KINDS for request in kind()]


def faults(request: Hostile, response: httpx2.Response) -> list[str]:
    """What is wrong with an answer to a hostile request."""
    try:
        content: dict[str, Any] = response.json()
        errors = content["errors"]
        codes = [error["extensions"]["code"] for error in errors]
        ids = {error["extensions"]["requestId"] for error in errors}
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as unreadable:
        return [f"unreadable: {unreadable!r}: {response.status_code} {response.text[:200]}"]
    expectations = {
        f"code {codes} is not {request.code}": codes[0] == request.code,
        f"status {response.status_code}": response.status_code == request.code.status,
        "data was sent": "data" not in content,
        f"{len(errors)} errors": 1 <= len(errors) <= 10,
        "unknown code": all(code in Code.__members__ for code in codes),
        f"request ids {ids}": ids == {response.headers["x-request-id"]},
        "no message": all(error["message"] for error in errors),
        "the answer is long": len(response.content) < 10_000,
        "something leaks": not any(leak in response.text for leak in LEAKS),
    }
    return [fault for fault, is_met in expectations.items() if not is_met]


async def send(client: httpx2.AsyncClient, given: Hostile) -> httpx2.Response:
    """Sends exactly the given headers."""
    url = httpx2.URL(client.base_url).copy_with(raw_path=given.path.encode())
    headers = [("host", "testserver"), *given.headers]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    request = httpx2.Request(given.method, url, headers=raw, content=given.body)
    return await client.send(request)


async def assault(client: httpx2.AsyncClient, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Sends all hostile requests, and says how many of them were mishandled."""
    tried: Counter[Code] = Counter()
    mishandled: list[str] = []
    for request in hostile_requests():
        tried[request.code] += 1
        response = await send(client, request)
        mishandled += [f"{request.name}: {fault}" for fault in faults(request, response)]
    with capsys.disabled():
        print(f"\nhostile requests {how}: {tried.total()} tried, {len(mishandled)} mishandled")  # noqa: T201
    assert mishandled == []
    assert tried.total() >= 500


@pytest.mark.promise("P8")
async def test_every_hostile_request_is_refused_with_its_code(
    client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await assault(client, "in process", capsys)


@pytest.mark.promise("P8")
async def test_every_hostile_request_is_refused_over_a_socket_too(
    address: tuple[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = address
    async with httpx2.AsyncClient(base_url=f"http://{host}:{port}") as client:
        await assault(client, "over a socket", capsys)


def test_no_two_hostile_requests_are_the_same() -> None:
    requests = hostile_requests()
    assert len({(r.body, r.method, r.path, r.headers) for r in requests}) == len(requests)
    assert len({r.name for r in requests}) == len(requests)
