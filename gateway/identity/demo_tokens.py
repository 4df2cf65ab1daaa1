"""Demo tokens: who a person at the machine says that they are; never for a server that others can reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from gateway.identity.identity import LONGEST_TOKEN, Identity, expired, id_of, invalid
from gateway.identity.verified import Verified, VerifiedTokens


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
        self._verified = VerifiedTokens()

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
        if (known := self._verified.find(token)) is not None:
            return known.identity
        if len(token) > LONGEST_TOKEN:
            raise invalid()
        try:
            claims = self._claims(token)
        except jwt.ExpiredSignatureError as error:
            raise expired("The token has expired; get a new one from `tabard token`.") from error
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise invalid() from error
        identity = Identity(id_of(claims["portal"]), id_of(claims["sub"]))
        self._verified.keep(token, Verified(identity, float(claims["exp"]) + self.LEEWAY.total_seconds()))
        return identity

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
