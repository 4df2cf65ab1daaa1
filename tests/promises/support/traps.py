"""Traps: a place of the server that raises an exception when it is passed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.identity.identity import Identity
from tests.promises.support.failures import raised


@dataclass
class Trap:
    """Raises an exception of one kind at one place, when it has been passed so many times."""

    kind: str = ""
    place: str = ""
    passes: int = 0

    def pass_by(self, place: str) -> None:
        """Raises at the place."""
        if place == self.place:
            self.passes -= 1
            if self.passes < 0:
                raised(self.kind)

    def on(self, place: str, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """The function behind the trap."""

        async def trapped(*args: Any, **kwargs: Any) -> Any:
            self.pass_by(place)
            return await function(*args, **kwargs)

        return trapped


@dataclass
class Known:
    """A verifier to whom everybody is the same user."""

    identity: Identity
    trap: Trap

    async def verify(self, token: str) -> Identity:
        self.trap.pass_by("verifier")
        return self.identity
