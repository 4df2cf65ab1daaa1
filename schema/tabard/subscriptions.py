"""Subscriptions: payload and arguments derived from a function that chooses among events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from tabard.context import Context
from tabard.contributions import Argument, FieldContribution, SubscriptionContribution
from tabard.entities import entity_of
from tabard.errors import Fault
from tabard.events import Event
from tabard.forms.contributor import READER, arguments_of
from tabard.mutations import RESULT, fresh
from tabard.naming import noun_of, pascal
from tabard.nouns.node import Record
from tabard.nouns.workspace import Workspace
from tabard.policies import Permission, Policy
from tabard.storage.door import OWN
from tabard.storage.ids import encode_global_id
from tabard.storage.keys import keys as keys_in

AFTER = Argument(
    "after",
    str | None,
    default=None,
    description="The cursor of the last event that was received, to go on behind it; from now on without one.",
)


class Subscription:
    """A contributed subscription with its derived payload type."""

    def __init__(self, contribution: SubscriptionContribution) -> None:
        self.contribution = contribution
        self.on = contribution.on
        self.arguments = (*arguments_of(contribution.function, READER, "events: list[Event]"), AFTER)
        self.payload = self._payload()

    def result_field(self) -> FieldContribution:
        """The payload's field with the subject, read afresh for each subscriber."""
        return FieldContribution(
            self.contribution.plugin,
            self.payload,
            self.on.noun,
            self.on.of | None,
            fresh(self.on.of),
            "What the event is about, as it is now; null when it is gone.",
            policy=self.contribution.policy,
        )

    async def chosen(
        self, context: Context, events: Sequence[Event], args: Mapping[str, Any]
    ) -> Sequence[Event]:
        """Those events that the viewer may see and the author's function chooses, in their order."""
        visible = await self._visible(context, self.on.among(events))
        if not visible:
            return []
        function, plugin = self.contribution.function, self.contribution.plugin
        try:
            chosen = await context.contained(plugin, function, context.reader, visible, **args)
        except Fault as error:
            raise context.graph.containment.failed(plugin, function, error) from error
        wanted = {event.place for event in chosen}
        return [event for event in visible if event.place in wanted]

    async def _visible(self, context: Context, events: Sequence[Event]) -> Sequence[Event]:
        ids: dict[str, list[int]] = defaultdict(list)
        for event in events:
            if event.subject_id is not None:
                ids[event.subject_type].append(event.subject_id)
        seen = {noun: await _seen(context, noun, asked) for noun, asked in ids.items()}
        return [event for event in events if seen[event.subject_type].shows(event)]

    def told(self, event: Event, cursor: str) -> Any:
        """The payload of one event."""
        name = encode_global_id(event.subject_type, event.subject_id or 0)
        return self.payload(
            cursor=cursor,
            kind=event.kind,
            changed=list(event.changed),
            happened_at=event.happened_at,
            **{
                f"{self.on.noun}_id": strawberry.ID(name),
                RESULT: name if self.on.of is Record else event.subject_id,
            },
        )

    def _payload(self) -> type:
        name, noun = f"{pascal(self.contribution.name)}Event", self.on.noun
        described = {
            "cursor": (str, "The event's place: send it as `after` to go on behind it."),
            "kind": (str, "What happened, such as `record.changed`."),
            "changed": (list[str], "The keys of the properties or settings that changed, sorted."),
            "happened_at": (datetime, "When it was changed."),
            f"{noun}_id": (
                strawberry.ID,
                f"Global id of the {noun.replace('_', ' ')}, even of one that is gone.",
            ),
        }
        namespace: dict[str, Any] = {
            "__annotations__": {key: type_ for key, (type_, _) in described.items()}
            | {RESULT: strawberry.Private[object]},
            "__module__": self.contribution.function.__module__,
            "__qualname__": name,
            **{key: strawberry.field(description=words) for key, (_, words) in described.items()},
        }
        description = f"One event of `{self.contribution.graphql_name}`."
        return strawberry.type(type(name, (), namespace), description=description)


@dataclass(frozen=True)
class Seen:
    """Which rows of one type the viewer sees; `are_deletions_told` where a row that is gone hides nothing."""

    ids: frozenset[int]
    are_deletions_told: bool

    def shows(self, event: Event) -> bool:
        """Whether the viewer may know of the event."""
        return event.subject_id in self.ids or (event.is_deletion and self.are_deletions_told)


NOTHING = Seen(frozenset(), are_deletions_told=False)


async def _seen(context: Context, noun: str, ids: Sequence[int]) -> Seen:
    if noun == noun_of(Workspace):
        return _seen_workspaces(context, ids)
    type_ = context.graph.stored.get(noun)
    if type_ is None or context.graph.registry.policies[type_].denial(context.viewer):
        return NOTHING
    table = entity_of(type_).table
    found = await context.reader.fetch(sa.select(table.c.id).where(keys_in(table.c.id, [*set(ids)])))
    return Seen(frozenset(found["id"]), are_deletions_told=OWN not in table.info)


def _seen_workspaces(context: Context, ids: Iterable[int]) -> Seen:
    """Members see their own workspace, whoever may change settings sees all."""
    viewer = context.viewer
    if Permission.MANAGE_SETTINGS.denial(viewer) is None:
        return Seen(frozenset(ids), are_deletions_told=True)
    return Seen(frozenset([viewer.workspace.id] if viewer.workspace else []), are_deletions_told=False)


@dataclass(frozen=True)
class Followed:
    """What one operation subscribes to: the field and its arguments, checked and coerced."""

    subscription: Subscription
    args: Mapping[str, Any]
    after: str | None

    def __aiter__(self) -> AsyncIterator[Any]:
        raise TypeError("events are read by the hub, for a viewer of the moment; use Graph.subscribe")


class SubscriptionField(StrawberryField):
    """A subscription as a Strawberry field."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(
            python_name=subscription.contribution.name,
            type_annotation=StrawberryAnnotation(subscription.payload | None),
            description=subscription.contribution.description,
            is_subscription=True,
        )
        self.subscription = subscription
        self.arguments = [argument.as_strawberry() for argument in subscription.arguments]

    @property
    def is_basic_field(self) -> bool:
        return False

    @property
    def policy(self) -> Policy | None:
        return self.subscription.contribution.policy

    def __copy__(self) -> SubscriptionField:
        return SubscriptionField(self.subscription)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        after = kwargs.pop(AFTER.name, None)
        return Followed(self.subscription, kwargs, after)
