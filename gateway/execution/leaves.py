"""Leaves: a column of scalars or enum members becomes a column of output values, checked by type sets.

What passes the check in C loops is right for every cell; any other column goes cell by cell through the
type's own coercion.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from math import isfinite
from operator import attrgetter
from typing import Any

import orjson
from graphql import (
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
from graphql.pyutils import UndefinedType
from strawberry.schema.types.base_scalars import isoformat

from tabard.texts import Texts

Column = Sequence[Any]
Exact = Callable[[Column], Column | None]
ZONES = frozenset({UTC, None})
_zone = attrgetter("tzinfo")


class Leaf:
    """How the values of one leaf type are completed."""

    def __init__(self, type_: GraphQLLeafType) -> None:
        self._type = type_

    def exact(self, *, is_nullable: bool) -> Exact:
        """Gives the completed column where every value is of the usual class, or null where it may be; else None."""
        return _exact(self._type, is_nullable=is_nullable) or _never

    def fast(self, column: Column) -> Column | None:
        """The completed column, or None where each value has to be looked at; nothing in it is awaitable."""
        return _converted(self._type.coerce_output_value, column)

    def complete(self, value: Any) -> Any:
        """One value that is neither null nor an exception; raises what graphql-core raises."""
        return Executor.complete_leaf_value(self._type, value)


def is_null(value: Any) -> bool:
    """Whether graphql-core takes the value for null."""
    return value is None or value is Undefined


def _never(_: Column) -> None:
    """The type has no usual class."""


def _exact(type_: GraphQLLeafType, *, is_nullable: bool) -> Exact | None:
    if type_ in (GraphQLString, GraphQLID):
        return _same(str, is_nullable)
    if type_ is GraphQLBoolean:
        return _same(bool, is_nullable)
    if type_ is GraphQLInt:
        return _integers(is_nullable)
    if type_ is GraphQLFloat:
        return _floats(is_nullable)
    if isinstance(type_, GraphQLEnumType):
        return _members(type_, is_nullable)
    return _written(type_.coerce_output_value, is_nullable=is_nullable)


def _written(write: Callable[[Any], Any], *, is_nullable: bool) -> Exact | None:
    """For scalars whose text is what Python makes of the value."""
    if write is str:
        return _same(str, is_nullable)
    if write is datetime.isoformat:
        return _instants(is_nullable)
    if write is date.isoformat:
        return _dates(is_nullable)
    if write is isoformat:
        dates, instants = _dates(is_nullable), _instants(is_nullable)
        return lambda column: dates(column) or instants(column)
    return None


def _same(python_type: type, is_nullable: bool) -> Exact:
    allowed = {python_type, type(None)} if is_nullable else {python_type}

    def exact(column: Column) -> Column | None:
        types = list(map(type, column))
        # In most columns all are alike, and to count is the quickest way to see it.
        return column if types.count(python_type) == len(types) or allowed.issuperset(types) else None

    return exact


def _present(column: Column, is_nullable: bool) -> Column:
    return [value for value in column if value is not None] if is_nullable and None in column else column


def _integers(is_nullable: bool) -> Exact:
    same = _same(int, is_nullable)

    def exact(column: Column) -> Column | None:
        if same(column) is None:
            return None
        try:
            # C's integers have the range of GraphQL's.
            array("i", _present(column, is_nullable))
        except OverflowError:
            return None
        return column

    return exact


def _floats(is_nullable: bool) -> Exact:
    same = _same(float, is_nullable)

    def exact(column: Column) -> Column | None:
        if same(column) is None:
            return None
        numbers = _present(column, is_nullable)
        # One that is not finite makes the sum so; the sum alone may be too large.
        return column if isfinite(sum(numbers)) or all(map(isfinite, numbers)) else None

    return exact


def _members(type_: GraphQLEnumType, is_nullable: bool) -> Exact | None:
    """By identity, which also tells that they are members: an enum's own hash is a Python function."""
    wrapped = getattr(type_, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, Enum)):
        return None
    names: dict[int, str | None] = {id(member): type_.coerce_output_value(member) for member in wrapped}
    if is_nullable:
        names[id(None)] = None

    def exact(column: Column) -> Column | None:
        try:
            return list(map(names.__getitem__, map(id, column)))
        except KeyError:
            return None

    return exact


def _dates(is_nullable: bool) -> Exact:
    same = _same(date, is_nullable)
    return _kept(date, is_nullable, lambda column: None if same(column) is None else _texts(column))


def _instants(is_nullable: bool) -> Exact:
    same = _same(datetime, is_nullable)

    def exact(column: Column) -> Column | None:
        if same(column) is None or not ZONES.issuperset(map(_zone, _present(column, is_nullable))):
            return None
        return _texts(column)

    return _kept(datetime, is_nullable, exact)


def _kept(kind: type[date], is_nullable: bool, exact: Exact) -> Exact:
    """What a database keeps as text need not be read to be written again."""

    def kept(column: Column) -> Column | None:
        if type(column) is not Texts:
            return exact(column)
        texts = column.texts
        return texts if column.kind is kind and (is_nullable or None not in texts) else None

    return kept


def _texts(column: Column) -> Column:
    """orjson writes the same text as `isoformat` does, in a seventh of the time."""
    texts: list[str | None] = orjson.loads(orjson.dumps(list(column)))
    return texts


def _converted(convert: Callable[[Any], Any], column: Column) -> Column | None:
    types = list(map(type, column))
    if any(type_ is UndefinedType or issubclass(type_, Exception) for type_ in set(types)):
        return None
    try:
        made = [None if value is None else convert(value) for value in column]
    except Exception:  # noqa: BLE001 - which of them failed, and how, is found cell by cell
        return None
    found = list(map(type, made))
    is_whole = found.count(type(None)) == types.count(type(None)) and UndefinedType not in found
    return made if is_whole else None
