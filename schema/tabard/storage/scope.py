"""Scope: for which portal and user a statement runs."""

from typing import NamedTuple

from tabard.storage.door import ACTOR_KEY, PORTAL_KEY


class Scope(NamedTuple):
    """The portal whose rows exist, and the user for rules about own rows."""

    portal_id: int
    actor_id: int | None = None

    @property
    def parameters(self) -> dict[str, int | None]:
        """The values of the parameters that the door adds to every statement."""
        return {PORTAL_KEY: self.portal_id, ACTOR_KEY: self.actor_id}
