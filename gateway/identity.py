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
from tabard.records.viewers import read_viewer
from tabard.storage.database import Database
from tabard.viewer import ANONYMOUS

ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
LONGEST_ID: Final = (1 << 63) - 1
LONGEST_TOKEN: Final = 8_192


@dataclass(frozen=True)
class Identity:
    """A user of a portal, as a verified token names them."""

    portal_id: int
    user_id: int


class Verifier(Protocol):
    """Checks tokens of the issuers that an operator trusts."""

    def verify(self, token: str) -> Identity:
        """Whom the token names; raises Unauthenticated unless it is genuine, meant for us and in force."""


class NoTokens:
    """A verifier for a server that trusts no issuer."""

    def verify(self, token: str) -> Identity:
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
            "sub": str(identity.user_id),
            "portal": str(identity.portal_id),
            "iat": int(now.timestamp()),
            "exp": int((now + self.LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self._secret, self.ALGORITHM)

    def verify(self, token: str) -> Identity:
        """Whom the token names."""
        if len(token) > LONGEST_TOKEN:
            raise _invalid()
        try:
            claims = self._claims(token)
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated(
                "The token has expired; get a new one from `tabard token`.", reason="TOKEN_EXPIRED"
            ) from error
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise _invalid() from error
        return Identity(_id(claims["portal"]), _id(claims["sub"]))

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

    @asynccontextmanager
    async def authenticate(self, authorization: str | None) -> AsyncIterator[Caller]:
        """The caller, while they are served; the session that read them is closed in the end."""
        if authorization is None:
            yield Caller(ANONYMOUS)
            return
        identity = self._verifier.verify(authorization.partition(" ")[2])
        viewer, reads = await read_viewer(self._database, identity.portal_id, identity.user_id)
        try:
            if viewer is None:
                raise Unauthenticated(
                    "The user of this token is gone or inactive; ask a super admin of the portal.",
                    reason="USER_INACTIVE",
                )
            yield Caller(viewer, reads)
        finally:
            await reads.close()


def _id(claim: object) -> int:
    if not isinstance(claim, str) or not ID.fullmatch(claim) or int(claim) > LONGEST_ID:
        raise _invalid()
    return int(claim)


def _invalid() -> Unauthenticated:
    return Unauthenticated("The token is not one of ours; sign in again.", reason="TOKEN_INVALID")
