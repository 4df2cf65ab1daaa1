"""Compression: of what is long, for who accepts it."""

import gzip

import httpx2
import pytest

LONG = {"query": "{ hello(name: %s) }" % f'"{"x" * 5_000}"'}  # noqa: UP031
SHORT = {"query": "{ hello }"}


async def ask(client: httpx2.AsyncClient, body: dict[str, str], accepted: str | None) -> httpx2.Response:
    """The raw answer."""
    request = client.build_request("POST", "/graphql", json=body)
    del request.headers["accept-encoding"]
    if accepted is not None:
        request.headers["accept-encoding"] = accepted
    return await client.send(request, stream=True)


async def raw(response: httpx2.Response) -> bytes:
    """The bytes as they were sent."""
    return b"".join([piece async for piece in response.aiter_raw()])


@pytest.mark.parametrize(
    "accepted",
    [
        *("gzip", "GZIP", "Gzip;Q=0.5", "x-gzip", "X-GZip", "*", "br, *;q=0.1", "br, gzip;q=0.5"),
        *("deflate, gzip ; q=1.0", "gzip\t;\tq=0.001", "identity;q=0, gzip;q=0.1", "identity;q=0.5, *"),
        *("*;q=0, gzip", "gzip, x-gzip;q=0", "gzip, identity", ", ,gzip,", "br;level=9, gzip", "a b, gzip"),
    ],
)
async def test_a_long_answer_is_compressed(client: httpx2.AsyncClient, accepted: str) -> None:
    response = await ask(client, LONG, accepted)
    content = await raw(response)
    assert response.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["vary"]
    assert int(response.headers["content-length"]) == len(content) < 500
    assert b"x" * 5_000 in gzip.decompress(content)


@pytest.mark.parametrize(
    "accepted",
    [
        *(
            None,
            "",
            "identity",
            "br",
            "gzip;q=0",
            "GZIP;Q=0",
            "gzip;q=0.000",
            "x-gzip2",
            "*;q=0",
            "x-gzip;q=0",
        ),
        *("gzip;q=0, *", "gzip;q=0, x-gzip", "identity, gzip;q=0.5", "identity;q=0.6, *;q=0.5", "gzip;q=2"),
        *("gzip;q=", "gzip;q=0.0001", "gzip; level=9", "gzip;q=1;q=1", '"gzip"', "gzip br"),
    ],
)
async def test_who_does_not_accept_it_gets_plain_bytes(
    client: httpx2.AsyncClient, accepted: str | None
) -> None:
    response = await ask(client, LONG, accepted)
    assert "content-encoding" not in response.headers
    assert b"x" * 5_000 in await raw(response)


async def test_a_short_answer_is_not_worth_it(client: httpx2.AsyncClient) -> None:
    response = await ask(client, SHORT, "gzip")
    assert "content-encoding" not in response.headers
    assert b"Hello, world!" in await raw(response)
