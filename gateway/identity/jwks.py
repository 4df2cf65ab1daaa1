"""JWKS: an issuer's public keys, fetched by us, kept, and fetched again no more often than is decent."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx2
import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tabard.errors import Unavailable

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 300.0
STALE_SECONDS: Final = 600.0
PAUSE_SECONDS: Final = 30.0
FETCH_SECONDS: Final = 5.0
MOST_BYTES: Final = 262_144
MOST_KEYS: Final = 100
FEWEST_RSA_BITS: Final = 2_048

Fetch = Callable[[str], Awaitable[bytes]]


class Jwks:
    """The keys at one configured address; what a token says of other addresses is never heard.

    They are fetched when first needed, and again five minutes later while the old ones still serve. Ten
    minutes later, or for a key id that is not among them, a caller waits for the fetch. There is one fetch
    at a time and one in thirty seconds. While the issuer is down the keys that were fetched last go on.
    """

    def __init__(
        self, url: str, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._fetch = fetch or fetched
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._flight: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that id; without an id the only key. Raises Unavailable while there are none at all."""
        age = self._clock() - self._fetched_at
        has_failed = self._tried_at > self._fetched_at
        if self._key(key_id) is None or (age > STALE_SECONDS and not has_failed):
            await self.refresh()
        elif age > FRESH_SECONDS:
            self._start()
        if not self._keys:
            raise Unavailable(
                "The token cannot be checked, because its issuer does not give its keys; try again soon.",
                retryAfter=int(PAUSE_SECONDS),
            )
        return self._key(key_id)

    async def refresh(self) -> None:
        """Fetches the keys, unless that was tried just now; a fetch under way is waited for."""
        self._start()
        if self._flight is not None:
            # One caller that is cancelled must not cost the others their keys.
            await asyncio.shield(self._flight)

    def _key(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _start(self) -> None:
        now = self._clock()
        if self._flight is None and now - self._tried_at >= PAUSE_SECONDS:
            self._tried_at = now
            self._flight = asyncio.create_task(self._fly())
            self._flight.add_done_callback(self._land)

    def _land(self, _: object) -> None:
        self._flight = None

    async def _fly(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                found = keys_of(await self._fetch(self._url))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            log.warning("keys not fetched", issuer_keys=self._url, problem=problem_of(error))
            return
        self._keys = found
        self._fetched_at = self._tried_at
        log.info("keys fetched", issuer_keys=self._url, count=len(found))


async def fetched(url: str) -> bytes:
    """What is at the address: never by way of another one, and never more than is decent."""
    async with (
        httpx2.AsyncClient(follow_redirects=False, timeout=FETCH_SECONDS) as client,
        client.stream("GET", url, headers={"accept": "application/json"}) as response,
    ):
        if response.status_code != httpx2.codes.OK:
            raise ValueError(f"it answered with status {response.status_code}")
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > MOST_BYTES:
                raise ValueError(f"it answered with more than {MOST_BYTES} bytes")
        return bytes(content)


def keys_of(content: bytes) -> dict[str | None, jwt.PyJWK]:
    """The usable keys of a key set, by id; raises ValueError when there is none."""
    document = orjson.loads(content)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise ValueError("it did not answer with a list of keys")
    keys = {entry.get("kid"): key for entry in entries if (key := usable(entry)) is not None}
    if not keys:
        raise ValueError("none of its keys can be used")
    return keys


def usable(entry: Any) -> jwt.PyJWK | None:
    """A public key that checks signatures; None for secrets, small keys, and keys for something else."""
    if not isinstance(entry, dict) or entry.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        return None
    if not isinstance(entry.get("kid"), str | None) or "d" in entry:
        return None
    try:
        key = jwt.PyJWK.from_dict(entry)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    is_small = isinstance(key.key, RSAPublicKey) and key.key.key_size < FEWEST_RSA_BITS
    return None if is_small else key


def problem_of(error: Exception) -> str:
    """What went wrong: our own words, else only the kind of error."""
    return str(error) if type(error) is ValueError else type(error).__name__
