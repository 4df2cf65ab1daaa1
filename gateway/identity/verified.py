"""Verified: whom tokens name that were checked a moment ago, so that a signature is not checked each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gateway.identity.identity import Identity

MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token has been found to say, with which key, and until when by the clock it is in force."""

    identity: Identity
    until: float
    key_id: Any = None
    key: object = None


class VerifiedTokens:
    """The tokens checked last, by their hashes: none is kept itself.

    A token's rights are no part of it: these are read from the database for each request.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: OrderedDict[bytes, Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: str) -> Verified | None:
        """What is known of a token, as long as it is in force."""
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            return None
        if self._clock() >= known.until:
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return known

    def keep(self, token: str, verified: Verified) -> None:
        """Remembers a token that was just checked."""
        self._known[sha256(token.encode()).digest()] = verified
        if len(self._known) > MOST:
            self._known.popitem(last=False)
