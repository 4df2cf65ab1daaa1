"""Trust: which documents a client may ask for, and the settings for that."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gateway.head import Head

CLIENT_NAMES = (b"graphql-client-name", b"apollographql-client-name")


class Mode(StrEnum):
    """What trusted documents are to a client."""

    OFF = "off"
    PREFER = "prefer"
    REQUIRE = "require"

    @property
    def strictness(self) -> int:
        """More for a mode that lets less through."""
        return list(Mode).index(self)


class TrustSettings(BaseModel):
    """What an operator decides about trusted documents."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    mode: Mode = Mode.OFF
    """What trusted documents are to clients: `off`, they are not looked at; `prefer`, a client may name one by its
    hash; `require`, nothing else is executed.
    """
    clients: Mapping[str, Mode] = {}
    """Stricter modes of some clients, by the name in their header `GraphQL-Client-Name`, as JSON:
    `{"web": "require"}`. A header proves nothing, so it cannot loosen the mode of all.
    """
    manifest: Path | None = None
    """File that `tabard documents build` has made; needed for every mode but `off`."""

    def mode_of(self, head: Head) -> Mode:
        """The mode for the client that a request names."""
        if not self.clients:
            return self.mode
        named = [self.clients.get(head.first(name), self.mode) for name in CLIENT_NAMES]
        return max((self.mode, *named), key=lambda mode: mode.strictness)

    @property
    def needs_manifest(self) -> bool:
        """Whether some client is served trusted documents."""
        return {self.mode, *self.clients.values()} != {Mode.OFF}
