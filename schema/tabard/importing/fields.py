"""Fields: the properties that an import can set, and how each is stored."""

import enum
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from babel.numbers import get_currency_precision

from tabard.columns import DECIMAL_SCALE, Scaled, fold
from tabard.errors import BadCell
from tabard.importing.values import shown
from tabard.properties import Property, PropertyKind
from tabard.records.values import MAX_TEXT

Cells = tuple[Any, ...]
Store = Callable[[Any], Cells]

MOST_SCALED = Decimal((1 << 63) - 1)
CUSTOM_COLUMNS: dict[PropertyKind, tuple[str, ...]] = {
    PropertyKind.TEXT: ("text_value", "text_folded"),
    PropertyKind.OPTION: ("text_value", "text_folded"),
    PropertyKind.NUMBER: ("number_value",),
    PropertyKind.BOOLEAN: ("number_value",),
    PropertyKind.MONEY: ("number_value", "currency"),
    PropertyKind.DATE: ("date_value",),
    PropertyKind.DATETIME: ("instant_value",),
    PropertyKind.USER: ("user_id",),
}


@dataclass(frozen=True)
class Field:
    """A property: `columns` of the record's table, or of `property_value` when it is a custom one.

    `store` turns a value into their cells, and raises BadCell for what they cannot hold. `places` is how
    many decimal places a number keeps.
    """

    key: str
    kind: PropertyKind
    columns: tuple[str, ...]
    store: Store
    is_required: bool = False
    property_id: int | None = None
    places: int = DECIMAL_SCALE

    @property
    def blank(self) -> Cells:
        """The cells of no value."""
        return (None,) * len(self.columns)


def column_field(item: Property, type_: type, table: sa.Table) -> Field | None:
    """The field of a well-known property; None when it is no column of the table."""
    name = item.source
    if item.kind is PropertyKind.MONEY:
        columns = (f"{name}_minor", f"{name}_currency")
        return Field(item.key, item.kind, columns, tuple) if columns[0] in table.c else None
    if name not in table.c:
        return None
    column = table.c[name]
    is_required = not column.nullable and name != "created_at"
    folded = f"{name}_folded"
    names = (name, folded) if folded in table.c else (name,)
    store = _store(item.kind, column, is_folded=folded in table.c, options=_options(type_, name))
    return Field(item.key, item.kind, names, store, is_required, places=_places(column))


def custom_field(key: str, kind: PropertyKind, property_id: int) -> Field:
    """The field of a custom property."""
    return Field(key, kind, CUSTOM_COLUMNS[kind], _CUSTOM_STORES.get(kind, _single), property_id=property_id)


def _store(kind: PropertyKind, column: sa.Column[Any], *, is_folded: bool, options: frozenset[str]) -> Store:
    if kind in (PropertyKind.TEXT, PropertyKind.OPTION):
        return _text_store(getattr(column.type, "length", None), options, is_folded=is_folded)
    return _number_store(column) if kind is PropertyKind.NUMBER else _single


def _single(value: Any) -> Cells:
    return (value,)


def _text_store(length: int | None, options: frozenset[str], *, is_folded: bool) -> Store:
    longest = MAX_TEXT if length is None else length

    def store(text: str) -> Cells:
        if options and text not in options:
            raise BadCell(f"{shown(text)} is none of {', '.join(sorted(options))}")
        if len(text) > longest:
            raise BadCell(f"{shown(text)} has {len(text):,} characters; at most {longest:,} fit")
        return (text, fold(text)) if is_folded else (text,)

    return store


def _number_store(column: sa.Column[Any]) -> Store:
    is_whole = isinstance(column.type, sa.Integer)
    bits = 63 if isinstance(column.type, sa.BigInteger) or not is_whole else 31
    bits = 15 if isinstance(column.type, sa.SmallInteger) else bits
    most = Decimal((1 << bits) - 1).scaleb(-_places(column))

    def store(number: Decimal) -> Cells:
        _check_size(number, most)
        return (int(number),) if is_whole else (number,)

    return store


def _places(column: sa.Column[Any]) -> int:
    if isinstance(column.type, Scaled):
        return column.type.scale
    return 0 if isinstance(column.type, sa.Integer) else DECIMAL_SCALE


def _check_size(number: Decimal, most: Decimal) -> None:
    if abs(number) > most:
        raise BadCell(f"{number:f} is too large; the largest number that fits is {most:f}")


def _custom_number(number: Decimal) -> Cells:
    _check_size(number, MOST_SCALED.scaleb(-DECIMAL_SCALE))
    return (number,)


def _custom_money(amount: tuple[int, str]) -> Cells:
    minor, currency = amount
    number = Decimal(minor).scaleb(-get_currency_precision(currency))
    return (*_custom_number(number), currency)


_custom_text = _text_store(None, frozenset(), is_folded=True)


def _custom_boolean(value: bool) -> Cells:
    return (Decimal(value),)


_CUSTOM_STORES: dict[PropertyKind, Store] = {
    PropertyKind.TEXT: _custom_text,
    PropertyKind.OPTION: _custom_text,
    PropertyKind.NUMBER: _custom_number,
    PropertyKind.MONEY: _custom_money,
    PropertyKind.BOOLEAN: _custom_boolean,
}


def _options(type_: type, name: str) -> frozenset[str]:
    """The values of an attribute that is an enum; empty for any other."""
    hint: Any = typing.get_type_hints(type_).get(name)
    found = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    enums = [option for option in found if isinstance(option, type) and issubclass(option, enum.Enum)]
    return frozenset(str(member.value) for option in enums for member in option)
