"""JWKS: keys are fetched once, rotate, outlive their issuer's outages, and cannot be asked for in a flood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from gateway.identity.jwks import FRESH_SECONDS, MOST_BYTES, PAUSE_SECONDS, STALE_SECONDS, Jwks, keys_of
from tabard.errors import Unavailable
from tests.support.clocks import Clock
from tests.support.issuer import Issuer, serving_keys

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A real server of real keys."""
    async with serving_keys() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's."""
    return Clock()


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> Jwks:
    """The issuer's keys, as a server keeps them."""
    return Jwks(issuer.url, clock=clock)


async def knows(keys: Jwks, key_id: str | None) -> bool:
    return await keys.find(key_id) is not None


async def settled(keys: Jwks) -> None:
    """Lets a fetch in the background come to its end."""
    if keys._flight is not None:
        await asyncio.wait({keys._flight})


async def test_many_at_once_make_one_fetch(keys: Jwks, issuer: Issuer) -> None:
    issuer.pause = asyncio.Event()
    waiting = [asyncio.create_task(knows(keys, "first")) for _ in range(100)]
    await asyncio.sleep(0.05)
    waiting[0].cancel()
    issuer.pause.set()
    assert await asyncio.gather(*waiting[1:]) == [True] * 99
    assert issuer.asked == 1


async def test_a_flood_of_unknown_keys_makes_one_fetch_in_thirty_seconds(
    keys: Jwks, issuer: Issuer, clock: Clock
) -> None:
    assert await knows(keys, "first")
    for second in range(1, 301):
        clock.now += 1
        found = await asyncio.gather(*(knows(keys, f"unknown-{second}-{n}") for n in range(20)))
        assert not any(found)
    assert issuer.asked == 1 + 300 / PAUSE_SECONDS


async def test_a_new_key_is_known_at_its_first_token(keys: Jwks, issuer: Issuer, clock: Clock) -> None:
    assert await knows(keys, "first")
    issuer.add("second")
    assert not await knows(keys, "second"), "asked a moment ago"
    clock.now += PAUSE_SECONDS
    assert await knows(keys, "second")
    assert await knows(keys, "first")


async def test_a_key_that_was_rotated_out_is_forgotten(keys: Jwks, issuer: Issuer, clock: Clock) -> None:
    issuer.add("second")
    assert await knows(keys, "first")
    del issuer.keys["first"]
    clock.now += FRESH_SECONDS + 1
    assert await knows(keys, "first"), "this one starts the fetch and does not wait for it"
    await settled(keys)
    assert not await knows(keys, "first")
    assert await knows(keys, "second")


async def test_nobody_is_served_by_keys_that_are_too_old_to_trust(
    keys: Jwks, issuer: Issuer, clock: Clock
) -> None:
    issuer.add("second")
    assert await knows(keys, "first")
    del issuer.keys["first"]
    clock.now += STALE_SECONDS + 1
    assert not await knows(keys, "first")


async def test_keys_outlive_an_outage_of_their_issuer(keys: Jwks, issuer: Issuer, clock: Clock) -> None:
    assert await knows(keys, "first")
    await issuer.stop()
    for _ in range(20):
        clock.now += PAUSE_SECONDS + 1
        assert await knows(keys, "first")
        assert not await knows(keys, "second")
        await settled(keys)
    issuer.add("second")
    await issuer.start()
    clock.now += PAUSE_SECONDS
    assert await knows(keys, "second")


async def test_a_server_that_never_had_keys_says_when_to_try_again(
    keys: Jwks, issuer: Issuer, clock: Clock
) -> None:
    await issuer.stop()
    with pytest.raises(Unavailable) as error:
        await keys.find("first")
    assert error.value.extensions["retryAfter"] == PAUSE_SECONDS
    await issuer.start()
    clock.now += PAUSE_SECONDS
    assert await knows(keys, "first")


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


HOSTILE = {
    "a redirect": answer(b"", "302 Found", "location: {other}"),
    "an error": answer(b"{}", "500 Internal Server Error"),
    "no JSON": answer(b"<html>"),
    "a list": answer(b"[]"),
    "no keys": answer(b'{"keys": []}'),
    "keys that are no list": answer(b'{"keys": {"first": {}}}'),
    "keys that are no objects": answer(b'{"keys": ["first", null, 1]}'),
    "too many keys": answer(orjson.dumps({"keys": [{}] * 101})),
    "too many bytes": answer(b'{"keys": [], "more": "' + b"x" * MOST_BYTES + b'"}'),
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("reply", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_strange_answer_changes_no_keys(
    keys: Jwks, issuer: Issuer, clock: Clock, reply: bytes
) -> None:
    assert await knows(keys, "first")
    async with serving_keys() as other:
        issuer.reply = reply.replace(b"{other}", other.url.encode())
        clock.now += PAUSE_SECONDS
        assert not await knows(keys, "second")
        assert other.asked == 0
    assert issuer.asked == 2
    assert await knows(keys, "first")


def test_only_public_keys_for_signatures_are_used() -> None:
    issuer = Issuer()
    issuer.add("small", "RS256", bits=1_024)
    good, small = issuer.public("first"), issuer.public("small")
    useless = [
        small,
        good | {"kid": "encrypts", "use": "enc"},
        good | {"kid": "wraps", "key_ops": ["wrapKey"]},
        good | {"kid": 1},
        good | {"kid": "broken", "n": "!"},
        good | {"kid": "private", "d": "AQAB"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "off", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": "nothing"},
    ]
    assert list(keys_of(orjson.dumps({"keys": [*useless, good]}))) == ["first"]
    with pytest.raises(ValueError, match="none of its keys"):
        keys_of(orjson.dumps({"keys": useless}))
