"""Subscription refusals: what assembly does not accept about events and the functions that choose among them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tabard.entities import is_entity
from tabard.events import Event
from tabard.naming import SNAKE
from tabard.nouns.node import Node, Record
from tabard.nouns.workspace import Workspace
from tabard.typegraph import unknown_types

if TYPE_CHECKING:
    from tabard.registry import Registry

RESERVED = "after"


def unfit_events(registry: Registry) -> Iterator[str]:
    """What is wrong with the kinds of events that plugins declare."""
    for plugin in registry.plugins.values():
        names = [event.name for event in plugin.events]
        for event in plugin.events:
            label = f"the event '{event.name}' of plugin '{plugin.name}'"
            if not SNAKE.match(event.name):
                yield f"{label} is not snake_case"
            if names.count(event.name) > 1:
                yield f"{label} is declared twice; rename one of them"
            if not _can_be_subject(event.of):
                named = getattr(event.of, "__name__", repr(event.of))
                yield f"{label} is of {named}, which is no stored type with an id"
    known = {event for plugin in registry.plugins.values() for event in plugin.events}
    for item in registry.subscriptions:
        if item.on not in known:
            yield (
                f"Subscription.{item.graphql_name} of plugin '{item.plugin}' is on the event "
                f"'{item.on.name}' of plugin '{item.on.plugin}', which is not installed"
            )


def _can_be_subject(type_: type) -> bool:
    return type_ in (Record, Workspace) or (is_entity(type_) and issubclass(type_, Node))


def unfit_function(function: Callable[..., Any]) -> Iterator[str]:
    """What keeps a function from being a subscription, in words."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        yield f"its annotations cannot be resolved ({error}); import what they name"
        return
    parameters = list(inspect.signature(function).parameters.values())
    given = [item for item in parameters if item.kind is not inspect.Parameter.KEYWORD_ONLY]
    if len(given) != 2:
        yield "it does not take what it is given; write `(reader: Reader, events: list[Event], *, ...)`"
    if inspect.isasyncgenfunction(function) or hints.get("return", list[Event]) != list[Event]:
        yield "it does not give what is asked of it; return those events, as `-> list[Event]`"
    for item in parameters:
        if item.kind is inspect.Parameter.KEYWORD_ONLY:
            yield from _unsendable(item.name, hints.get(item.name))


def _unsendable(name: str, annotation: Any) -> Iterator[str]:
    if name == RESERVED:
        yield f"the argument '{RESERVED}' comes by itself; rename yours"
    elif annotation is None:
        yield f"the argument '{name}' has no type; annotate it"
    else:
        yield from (f"the argument '{name}': {words}" for words in unknown_types(annotation))
