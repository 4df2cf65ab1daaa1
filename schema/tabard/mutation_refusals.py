"""Mutation refusals: what assembly does not accept about the functions behind mutations."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

from tabard.entities import is_entity
from tabard.mutations import Parameter
from tabard.nouns.node import Deleted, Record
from tabard.nouns.workspace import Workspace
from tabard.typegraph import UNIONS, object_types, unknown_types

RETURNED = (Deleted, Record, Workspace)


def misfits(function: Callable[..., Any]) -> Iterator[str]:
    """What keeps a function from being a mutation, in words."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        yield f"its annotations cannot be resolved ({error}); import what they name"
        return
    parameters = list(inspect.signature(function).parameters.values())
    if not inspect.iscoroutinefunction(function):
        yield "it is not async; write `async def`, for whatever Work does has to be awaited"
    if not parameters:
        yield "it takes nothing to work with; write `work: Work` as its first parameter"
    for parameter in parameters[1:]:
        yield from _unsendable(Parameter.of(parameter.name, hints.get(parameter.name), None))
    yield from _unanswerable(hints)


def _unsendable(parameter: Parameter) -> Iterator[str]:
    name, annotation = parameter.name, parameter.annotation
    if annotation is None:
        yield f"the parameter '{name}' has no type; annotate it"
    elif any(is_entity(item) for option in _options(annotation) for item in typing.get_args(option)):
        yield f"the parameter '{name}' is a list of rows; take `list[strawberry.ID]` and use work.find_global"
    elif parameter.entity is None:
        yield from (f"the parameter '{name}': {words}" for words in unknown_types(annotation))
        for type_ in object_types(annotation):
            if not typing.cast(Any, type_).__strawberry_definition__.is_input:
                yield (
                    f"the parameter '{name}' is of the type {type_.__name__}, which clients only get; "
                    "decorate what they send with @strawberry.input"
                )


def _unanswerable(hints: dict[str, Any]) -> Iterator[str]:
    if "return" not in hints:
        yield "it does not say what it returns; annotate it with a stored type, Workspace or None"
        return
    for option in _options(hints["return"]):
        if not (option is type(None) or option in RETURNED or is_entity(option)):
            name = getattr(option, "__name__", option)
            yield f"it cannot return {name}; return a stored type, Workspace or None"


def _options(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; any other annotation alone."""
    is_union = typing.get_origin(annotation) in UNIONS
    return typing.get_args(annotation) if is_union else (annotation,)
