"""Nulls: where an input may leave a value out, but cannot say null."""

from __future__ import annotations

from typing import Any

from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import (
    StrawberryContainer,
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.lazy_type import LazyType

from tabard.errors import Fault

Path = tuple[str, ...]


def misplaced_null(value: Any, type_: Any, names: NameConverter, path: Path) -> Path | None:
    """Where in an input's value, as sent, the first null is that its type does not let in: `Maybe[str]`."""
    if isinstance(type_, LazyType):
        return misplaced_null(value, type_.resolve_type(), names, path)
    if value is None:
        return path if _refuses_null(type_) else None
    if isinstance(type_, StrawberryList):
        inner = [(item, type_.of_type, str(place)) for place, item in enumerate(value)]
    elif isinstance(type_, StrawberryContainer):
        return misplaced_null(value, type_.of_type, names, path)
    else:
        inner = [(value[name], field, name) for name, field in _fields(type_, names) if name in value]
    found = (misplaced_null(item, of, names, (*path, step)) for item, of, step in inner)
    return next(filter(None, found), None)


def _refuses_null(type_: Any) -> bool:
    return isinstance(type_, StrawberryMaybe) and not isinstance(type_.of_type, StrawberryOptional)


def _fields(type_: Any, names: NameConverter) -> list[tuple[str, Any]]:
    """The fields of an input type by their names; none of what makes its value itself."""
    if not has_object_definition(type_) or type_.__strawberry_definition__.from_input is not None:
        return []
    definition = type_.__strawberry_definition__
    return [
        (names.from_field(field), field.resolve_type(type_definition=definition))
        for field in definition.fields
    ]


def null_refused(path: Path) -> Fault:
    """The fault for a null at a place of the input."""
    words = f"`{path[-1]}` cannot be null; leave it out to keep it as it is."
    return Fault("REQUIRED", words, reason="input.null", path=list(path))
