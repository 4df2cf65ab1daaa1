"""Type graph: which Strawberry types a plugin brings, found by following its fields."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.base import StrawberryContainer, StrawberryOptional, has_object_definition
from strawberry.types.union import StrawberryUnion

from tabard.scalars import SCALARS

UNIONS = (types.UnionType, typing.Union)
_SCALARS = {*DEFAULT_SCALAR_REGISTRY, *SCALARS}


def resolve(annotation: Any) -> Any:
    """The Strawberry type of an annotation."""
    return StrawberryAnnotation(annotation).resolve()


def is_nullable(annotation: Any) -> bool:
    """Whether a field of this annotation may be null."""
    return isinstance(resolve(annotation), StrawberryOptional)


def is_strawberry_type(type_: object) -> bool:
    """Whether the class itself is a GraphQL type, not only one that it extends."""
    return isinstance(type_, type) and "__strawberry_definition__" in type_.__dict__


def unknown_types(annotation: Any) -> Iterator[str]:
    """What an annotation names that GraphQL does not know, in words."""
    type_ = resolve(annotation)
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    if has_object_definition(type_) or type_ in _SCALARS:
        return
    if typing.get_origin(type_) is not None:
        yield f"{type_} is no GraphQL type; write a class for it, decorated with @strawberry.type"
    elif isinstance(type_, type) and not issubclass(type_, enum.Enum):
        yield f"{type_.__name__} is no GraphQL type; decorate the class with @strawberry.type"


def object_types(annotation: Any) -> Iterator[type]:
    """The object, interface and input classes that an annotation names, itself included."""
    type_ = resolve(annotation)
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    if isinstance(type_, StrawberryUnion):
        for member in type_.types:
            yield from object_types(member)
    elif has_object_definition(type_):
        yield type_


def reachable(roots: Iterable[type]) -> dict[type, None]:
    """All object, interface and input classes reachable from the roots, in order of discovery.

    A generic's variants are followed but not counted: they are structure, such as `Connection[Company]`.
    """
    found: dict[type, None] = {}
    seen: set[type] = set()
    waiting = list(roots)
    while waiting:
        type_ = waiting.pop(0)
        if type_ in seen:
            continue
        seen.add(type_)
        definition = type_.__strawberry_definition__  # type: ignore[attr-defined]
        # Where nothing says what it is a list of, as in `Edge[T]`, it is an alias and not a class.
        if definition.concrete_of is None and isinstance(type_, type):
            found[type_] = None
        waiting.extend(interface.origin for interface in definition.interfaces)
        for field in definition.fields:
            waiting.extend(object_types(field.resolve_type(type_definition=definition)))
            for argument in field.arguments:
                waiting.extend(object_types(argument.type_annotation.annotation))
    return found
