"""Guests: the personas of a database, each with a token; for development, on this machine only."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from tabard.personas import PERSONAS, find_personas
from tabard.storage.database import Database

KNOWN = {(persona.portal, persona.key): persona.sees for persona in PERSONAS}


@dataclass(frozen=True)
class Guest:
    """A persona with a token."""

    persona: str
    portal: str
    name: str
    sees: str
    token: str

    @property
    def is_of_the_demo(self) -> bool:
        """Whether the demo made this persona, and not `tabard portal create`."""
        return (self.portal, self.persona) in KNOWN


class Guests:
    """Hands out tokens for everybody who stands for a kind of user."""

    def __init__(self, database: Database, tokens: DemoTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def all(self) -> list[Guest]:
        """Every persona of the database, those of the demo first and in its order."""
        order = {key: number for number, key in enumerate(KNOWN)}
        guests = [
            Guest(
                persona=str(user.persona),
                portal=user.portal_key,
                name=user.name,
                sees=KNOWN.get(
                    (user.portal_key, str(user.persona)), f"what the portal '{user.portal_key}' has"
                ),
                token=self._tokens.issue(Identity(user.portal_id, user.user_id)),
            )
            for user in await find_personas(self._database)
        ]
        return sorted(guests, key=lambda guest: order.get((guest.portal, guest.persona), len(order)))
