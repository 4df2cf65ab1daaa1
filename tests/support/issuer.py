"""Issuer: an identity provider on loopback, with real keys, that can be down, slow or hostile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NAME: Final = "https://login.test/"
AUDIENCE: Final = "tabard"
BITS: Final = 2_048
KINDS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


@cache
def private_key(name: str, algorithm: str = "RS256", bits: int = BITS) -> Any:
    """A key of that name, made once a process, because that takes long."""
    if KINDS[algorithm] == "RSA":
        return rsa.generate_private_key(65_537, bits)
    if KINDS[algorithm] == "EC":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


class Issuer:
    """Signs tokens and serves its public keys; `reply` is what it serves instead, if anything."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {}
        self.asked = 0
        self.reply: bytes | None = None
        self.pause: asyncio.Event | None = None
        self.port = 0
        self._server: asyncio.Server | None = None
        self.add("first", "RS256")

    @property
    def url(self) -> str:
        """Where its keys are."""
        return f"http://127.0.0.1:{self.port}/jwks.json"

    def add(self, key_id: str, algorithm: str = "RS256", bits: int = BITS) -> None:
        """Makes a new key."""
        self.keys[key_id] = (algorithm, private_key(key_id, algorithm, bits))

    def public(self, key_id: str) -> dict[str, Any]:
        """A key as it is published."""
        algorithm, key = self.keys[key_id]
        kinds: dict[str, Any] = {
            "RSA": jwt.algorithms.RSAAlgorithm,
            "EC": jwt.algorithms.ECAlgorithm,
            "OKP": jwt.algorithms.OKPAlgorithm,
        }
        published: dict[str, Any] = kinds[KINDS[algorithm]].to_jwk(key.public_key(), as_dict=True)
        return published | {"kid": key_id, "use": "sig", "key_ops": ["verify"]}

    @property
    def key_set(self) -> dict[str, Any]:
        """All its keys, as they are published."""
        return {"keys": [self.public(key_id) for key_id in self.keys]}

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Good claims with some changed; None leaves one out."""
        now = int(time.time())
        good = {"iss": NAME, "aud": AUDIENCE, "sub": "u-1", "portal": "acme", "iat": now, "exp": now + 60}
        return {name: value for name, value in (good | changed).items() if value is not None}

    def token(self, key_id: str = "first", *, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token signed with one of its keys."""
        algorithm, key = self.keys[key_id]
        headers = {"kid": key_id} | (header or {})
        return jwt.encode(self.claims(**changed), key, algorithm, headers=headers)

    async def start(self) -> None:
        """Serves, at the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Serves no longer."""
        if self._server is not None:
            self._server.close()
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            if self.pause is not None:
                await self.pause.wait()
            body = orjson.dumps(self.key_set)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
                body
            )
            writer.write(head + body if self.reply is None else self.reply)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving_keys() -> AsyncIterator[Issuer]:
    """An issuer for as long as the test needs it."""
    issuer = Issuer()
    await issuer.start()
    try:
        yield issuer
    finally:
        await issuer.stop()
