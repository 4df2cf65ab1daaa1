"""Live: the core's events and the subscriptions to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from tabard.core import core
from tabard.events import Event
from tabard.live.outbox import head
from tabard.naming import noun_of
from tabard.nouns.node import Record
from tabard.nouns.workspace import Workspace
from tabard.policies import SignedIn
from tabard.reader import Reader
from tabard.reads.level import Level
from tabard.storage.ids import decode_global_id

RECORD_CHANGED = core.event("record", of=Record, prefixes=("record.", "association."))
WORKSPACE_CHANGED = core.event("workspace", of=Workspace, prefixes=("workspace.", "tab."))

Types = Annotated[
    list[str] | None,
    strawberry.argument(description="Keys of record types, such as `company`; all types without it."),
]
Ids = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Global ids of records; all records without it."),
]
Id = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Global id of a workspace; all that the viewer may see without it."),
]


@core.subscription(
    on=RECORD_CHANGED,
    description="Records that were created or changed, one event for each change, in the order of the changes.",
)
async def record_changed(
    reader: Reader, events: list[Event], *, types: Types = None, ids: Ids = None
) -> list[Event]:
    wanted = None if ids is None else {decode_global_id(id) for id in ids}
    return [
        event
        for event in events
        if (types is None or event.subject_type in types)
        and (wanted is None or (event.subject_type, event.subject_id) in wanted)
    ]


@core.subscription(
    on=WORKSPACE_CHANGED,
    description="Workspaces that were created, changed or deleted, and tabs that were shown, hidden or configured.",
    policy=SignedIn,
)
async def workspace_changed(reader: Reader, events: list[Event], *, id: Id = None) -> list[Event]:
    wanted = None if id is None else decode_global_id(id)
    return [event for event in events if id is None or (noun_of(Workspace), event.subject_id) == wanted]


@dataclass(frozen=True)
class CursorRead:
    """The place behind all events that have been told so far."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        place = await head(context.session)
        return [context.graph.places.encode(context.viewer.portal_id, place)] * len(keys)

    def child(self) -> type | None:
        return None


core.declare(
    "Query",
    "event_cursor",
    str | None,
    CursorRead(),
    "Where the events stand now. Take it, then read, then subscribe with it as `after`: nothing is missed.",
    policy=SignedIn,
)
