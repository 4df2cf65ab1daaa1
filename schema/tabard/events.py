"""Events: what has happened, as the outbox holds it and subscriptions tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tabard.naming import noun_of


class Place(NamedTuple):
    """Where an event stands among all events of its portal."""

    position: int
    id: int


# Beyond every id: `Place(position, LAST)` is behind all events of the position.
LAST = (1 << 63) - 1


@dataclass(frozen=True)
class Event:
    """One change that was committed: to what, which of its fields, and when.

    `changed` holds keys of properties or names of settings, `subject_type` the noun of what changed.
    """

    place: Place
    kind: str
    subject_type: str
    subject_id: int | None
    changed: tuple[str, ...]
    happened_at: datetime

    @property
    def is_deletion(self) -> bool:
        """Whether the subject is gone."""
        return self.kind.endswith(".deleted")


@dataclass(frozen=True)
class EventKind:
    """A kind of event that subscriptions follow; its subject is a row of `of`.

    `prefixes` are the kinds in the outbox: whole ones, or with a dot at the end all that begin so.
    """

    plugin: str
    name: str
    of: type
    prefixes: tuple[str, ...]

    @property
    def key(self) -> str:
        """The kind that `work.emit` writes."""
        return self.prefixes[0]

    @property
    def noun(self) -> str:
        """What the subject is called."""
        return noun_of(self.of)

    def covers(self, event: Event) -> bool:
        """Whether the event is of this kind."""
        return any(
            event.kind.startswith(prefix) if prefix.endswith(".") else event.kind == prefix
            for prefix in self.prefixes
        )

    def among(self, events: Sequence[Event]) -> list[Event]:
        """Those of the events that are of this kind."""
        return [event for event in events if self.covers(event)]
