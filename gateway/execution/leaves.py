"""Leaves: a column of scalars or enum members becomes a column of output values, checked by type sets.

What passes the check in C loops is right for every cell; any other column goes cell by cell through the
type's own coercion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from math import isfinite
from operator import attrgetter
from typing import Any

import orjson
from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.execution import Executor
from strawberry.schema.types.base_scalars import isoformat

Column = Sequence[Any]
Fast = Callable[[Column, frozenset[type]], Column | None]
NONE = frozenset({type(None)})
ZONES = frozenset({None, UTC})


class Leaf:
    """How the values of one leaf type are completed."""

    def __init__(self, type_: GraphQLLeafType) -> None:
        self._type = type_
        self._exact = _exact(type_)
        self._fast = self._exact or _converted(type_.coerce_output_value)

    def exact(self, column: Column, *, is_nullable: bool) -> Column | None:
        """The completed column where every value is of the one usual class, or null where it may be, else None."""
        if self._exact is None:
            return None
        types = frozenset(map(type, column))
        if type(None) in types:
            if not is_nullable:
                return None
            types -= NONE
        return self._exact(column, types) if len(column) else column

    def fast(self, column: Column) -> Column | None:
        """The completed column, or None where each value has to be looked at; nothing in it is awaitable."""
        types = frozenset(map(type, column))
        if types == NONE:
            return column
        return self._fast(column, types - NONE)

    def complete(self, value: Any) -> Any:
        """One value that is neither null nor an exception; raises what graphql-core raises."""
        return Executor.complete_leaf_value(self._type, value)


def is_null(value: Any) -> bool:
    """Whether graphql-core takes the value for null."""
    return value is None or value is Undefined


def _exact(type_: GraphQLLeafType) -> Fast | None:
    if type_ in (GraphQLString, GraphQLID):
        return _same(str)
    if type_ is GraphQLBoolean:
        return _same(bool)
    if type_ is GraphQLInt:
        return _integers
    if type_ is GraphQLFloat:
        return _floats
    if isinstance(type_, GraphQLEnumType):
        return _members(type_)
    if type_.coerce_output_value in (datetime.isoformat, isoformat):
        return _instants
    return None


def _same(python_type: type) -> Fast:
    expected = frozenset({python_type})
    return lambda column, types: column if types == expected else None


def _integers(column: Column, types: frozenset[type]) -> Column | None:
    if types != {int}:
        return None
    numbers = column if None not in column else [value for value in column if value is not None]
    return column if min(numbers) >= GRAPHQL_MIN_INT and max(numbers) <= GRAPHQL_MAX_INT else None


def _floats(column: Column, types: frozenset[type]) -> Column | None:
    if types != {float}:
        return None
    numbers = column if None not in column else [value for value in column if value is not None]
    return column if all(map(isfinite, numbers)) else None


def _members(type_: GraphQLEnumType) -> Fast | None:
    """By identity: an enum's own hash is a Python function."""
    wrapped = getattr(type_, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, Enum)):
        return None
    names: dict[int, str | None] = {id(member): type_.coerce_output_value(member) for member in wrapped}
    names[id(None)] = None
    expected = frozenset({wrapped})
    return lambda column, types: list(map(names.get, map(id, column))) if types == expected else None


def _instants(column: Column, types: frozenset[type]) -> Column | None:
    """orjson writes the same text as `isoformat` does, in a seventh of the time."""
    if types != {datetime}:
        return None
    zones = set(map(attrgetter("tzinfo"), filter(None, column)))
    usual = zones <= ZONES
    texts: list[Any] = orjson.loads(orjson.dumps(list(column))) if usual else []
    return texts if usual else None


def _converted(convert: Callable[[Any], Any]) -> Fast:
    def fast(column: Column, types: frozenset[type]) -> Column | None:
        if any(issubclass(type_, Exception) for type_ in types) or type(Undefined) in types:
            return None
        try:
            made = [None if value is None else convert(value) for value in column]
        except Exception:  # noqa: BLE001 - which of them failed, and how, is found cell by cell
            return None
        lost = made.count(None) > column.count(None) or any(value is Undefined for value in made)
        return None if lost else made

    return fast
