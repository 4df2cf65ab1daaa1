"""Verified: whom tokens name that were checked a moment ago, so that a signature is not checked each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

from gateway.identity.identity import Identity

T = TypeVar("T")
MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token has been found to say, with which key, and until when by the clock it is in force."""

    identity: Identity
    until: float
    key_id: Any = None
    key: object = None


class Remembered(Generic[T]):
    """What was found of the tokens seen last, by their hashes: no token outlives its request here."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: str) -> T | None:
        """What is remembered of a token."""
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None:
            self._known.move_to_end(digest)
        return known

    def keep(self, token: str, found: T) -> None:
        """Remembers what was just found; what was asked for the longest ago is forgotten."""
        self._known[sha256(token.encode()).digest()] = found
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self, token: str) -> None:
        """Remembers nothing of it any more."""
        del self._known[sha256(token.encode()).digest()]


class VerifiedTokens:
    """Whom tokens name that were checked last.

    A token's rights are no part of it: these are read from the database for each request.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: Remembered[Verified] = Remembered()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: str) -> Verified | None:
        """What is known of a token, as long as it is in force."""
        known = self._known.find(token)
        if known is not None and self._clock() >= known.until:
            self._known.forget(token)
            return None
        return known

    def keep(self, token: str, verified: Verified) -> None:
        """Remembers a token that was just checked."""
        self._known.keep(token, verified)
