"""Inputs: what a mutation's function gets of what clients send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import strawberry
from strawberry.schema.name_converter import NameConverter
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from tabard.nulls import misplaced_null, null_refused

PLAIN: Final = frozenset({strawberry.ID, str, int, float, bool, Decimal, date, datetime})
"""Scalars whose values graphql-core has read, so that there is nothing left to convert."""


def received(type_: Any, value: Mapping[str, Any], context: InputContext) -> Any:
    """The input as Strawberry would make it, or the fault for a null where there can be none."""
    names = context.config.name_converter
    made: dict[str, Any] = {}
    for python_name, name, of, is_required in _fields(type_, names):
        if name not in value:
            if is_required:
                made[python_name] = None
            continue
        given = value[name]
        if of is not None:
            if place := misplaced_null(given, of, names, ("input", name)):
                return null_refused(place)
            given = context.convert(given, of, name)
        made[python_name] = given
    return type_(**made)


@lru_cache(maxsize=1_000)
def _fields(type_: Any, names: NameConverter) -> tuple[tuple[str, str, Any, bool], ...]:
    """An input's fields: the names, the type unless it takes values as they come, whether it has no default."""
    definition = type_.__strawberry_definition__
    found = ((field, field.resolve_type(type_definition=definition)) for field in definition.fields)
    return tuple(
        (field.python_name, names.from_field(field), None if _is_plain(of) else of, field.default is MISSING)
        for field, of in found
    )


def _is_plain(type_: Any) -> bool:
    is_optional = isinstance(type_, StrawberryOptional) and not isinstance(type_, StrawberryMaybe)
    return (type_.of_type if is_optional else type_) in PLAIN
