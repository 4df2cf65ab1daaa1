"""Identity: a user as a token names them, and the refusals of tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from tabard.errors import Unauthenticated
from tabard.records.viewers import KnownBy

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
