"""Identity: who a bearer token stands for, and the tokens of a demo."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import jwt

from gateway.engine import Caller
from tabard.errors import Unauthenticated
from tabard.portals import portal_id
from tabard.records.viewers import KnownBy, read_viewer
from tabard.storage.database import Database
from tabard.viewer import ANONYMOUS

ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
LONGEST_ID: Final = (1 << 63) - 1
LONGEST_TOKEN: Final = 8_192


@dataclass(frozen=True)
class Identity:
    """A user of a portal, as a verified token names them: a portal by id or key, a user by id or otherwise."""

    portal: int | str
    user: int | KnownBy


class Verifier(Protocol):
    """Checks tokens of the issuers that an operator trusts."""

    async def verify(self, token: str) -> Identity:
        """Whom the token names; raises Unauthenticated unless it is genuine, meant for us and in force."""


class NoTokens:
    """A verifier for a server that trusts no issuer."""

    async def verify(self, token: str) -> Identity:
        """Refuses every token."""
        raise Unauthenticated(
            "This server accepts no tokens: its operator has configured no issuer.", reason="NO_ISSUER"
        )


class DemoTokens:
    """Issues and verifies tokens with a secret of this machine; never for a server that others can reach."""

    ISSUER: Final = "tabard-demo"
    AUDIENCE: Final = "tabard"
    ALGORITHM: Final = "HS256"
    LIFETIME: Final = timedelta(days=7)
    LEEWAY: Final = timedelta(seconds=60)
    CLAIMS: Final = ("iss", "aud", "sub", "portal", "iat", "exp")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, identity: Identity, now: datetime | None = None) -> str:
        """A token for the user, good for seven days."""
        now = now or datetime.now(UTC)
        claims = {
            "iss": self.ISSUER,
            "aud": self.AUDIENCE,
            "sub": str(identity.user),
            "portal": str(identity.portal),
            "iat": int(now.timestamp()),
            "exp": int((now + self.LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self._secret, self.ALGORITHM)

    async def verify(self, token: str) -> Identity:
        """Whom the token names."""
        if len(token) > LONGEST_TOKEN:
            raise invalid()
        try:
            claims = self._claims(token)
        except jwt.ExpiredSignatureError as error:
            raise expired("The token has expired; get a new one from `tabard token`.") from error
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise invalid() from error
        return Identity(id_of(claims["portal"]), id_of(claims["sub"]))

    def _claims(self, token: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            self._secret,
            algorithms=[self.ALGORITHM],
            issuer=self.ISSUER,
            audience=self.AUDIENCE,
            leeway=self.LEEWAY,
            options={"require": list(self.CLAIMS), "strict_aud": True},
        )


class DatabaseAuthenticator:
    """Reads the user whom a verified token names; one statement, with all that policies ask about."""

    def __init__(self, verifier: Verifier, database: Database) -> None:
        self._verifier = verifier
        self._database = database
        self._portals = PortalIds(database)

    @asynccontextmanager
    async def authenticate(self, authorization: str | None) -> AsyncIterator[Caller]:
        """The caller, while they are served; the session that read them is closed in the end."""
        if authorization is None:
            yield Caller(ANONYMOUS)
            return
        identity = await self._verifier.verify(authorization.partition(" ")[2])
        portal_id = await self._portals.find(identity.portal)
        viewer, reads = await read_viewer(self._database, portal_id, identity.user)
        try:
            if viewer is None:
                raise gone()
            yield Caller(viewer, reads)
        finally:
            await reads.close()


class PortalIds:
    """The ids of portals by their keys, which never change; each is read once."""

    MOST: Final = 100_000

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, int] = {}

    async def find(self, portal: int | str) -> int:
        """The portal's id; raises Unauthenticated when there is none."""
        if isinstance(portal, int):
            return portal
        if (known := self._known.get(portal)) is not None:
            return known
        if (found := await portal_id(self._database, portal)) is None:
            raise gone()
        if len(self._known) < self.MOST:
            self._known[portal] = found
        return found


def id_of(claim: object) -> int:
    """A claim that is an id; raises Unauthenticated when it is none."""
    if not isinstance(claim, str) or not ID.fullmatch(claim) or int(claim) > LONGEST_ID:
        raise invalid()
    return int(claim)


def invalid() -> Unauthenticated:
    """The refusal of a token that is not ours; it does not say what is wrong with it."""
    return Unauthenticated("The token is not one of ours; sign in again.", reason="TOKEN_INVALID")


def expired(message: str) -> Unauthenticated:
    """The refusal of a token that was good once."""
    return Unauthenticated(message, reason="TOKEN_EXPIRED")


def gone() -> Unauthenticated:
    """The refusal of a good token whose portal or user there is not."""
    return Unauthenticated(
        "The user of this token is gone or inactive; ask a super admin of the portal.",
        reason="USER_INACTIVE",
    )
