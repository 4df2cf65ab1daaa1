"""Values: property values as clients send them, as rows hold them, and as the history keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from babel.numbers import get_currency_precision, is_currency

from tabard.columns import fold
from tabard.errors import Fault
from tabard.labels import is_blank
from tabard.money import Money, minor_units
from tabard.properties import PropertyKind
from tabard.storage.ids import encode_global_id

MAX_TEXT = 65_536
# A custom number keeps six places in a bigint.
MAX_NUMBER = Decimal(10) ** 12
MAX_INTEGER = 2**31 - 1


@dataclass(frozen=True)
class Place:
    """Where a value came from: the path of its input, for the error that refuses it."""

    key: str
    path: tuple[str, ...] = ()

    def refuse(self, problem: str, reason: str = "property.value", code: str = "INVALID") -> Fault:
        """The fault for this value."""
        return Fault(
            code, f"The property '{self.key}' {problem}.", reason=reason, path=list(self.path) or None
        )


def check(kind: PropertyKind, value: Any, place: Place) -> None:
    """Raises a fault for a value that no property of the kind can hold."""
    if kind is PropertyKind.TEXT and len(value) > MAX_TEXT:
        raise place.refuse(f"has {len(value)} characters; at most {MAX_TEXT} are kept")
    if kind is PropertyKind.TEXT and "\x00" in value:
        raise place.refuse("holds a NUL character, which cannot be kept")
    if kind is PropertyKind.NUMBER and abs(value) >= MAX_NUMBER:
        raise place.refuse("is too large; numbers are below 10^12")
    if kind is PropertyKind.MONEY:
        _check_money(value, place)


def _check_money(value: Money, place: Place) -> None:
    if not is_currency(value.currency_code):
        raise place.refuse(f"has the currency {value.currency_code}, which is no ISO 4217 code")
    if abs(value.amount) >= MAX_NUMBER:
        raise place.refuse("is too large; amounts are below 10^12")
    places = -int(value.amount.normalize().as_tuple().exponent)
    if places > get_currency_precision(value.currency_code):
        raise place.refuse(
            f"has {places} decimal places; {value.currency_code} has {get_currency_precision(value.currency_code)}"
        )


def as_columns(table: sa.Table, name: str, value: Any, place: Place) -> dict[str, Any]:
    """The cells of a well-known property's columns for a value; None clears it."""
    if f"{name}_minor" in table.c:
        return {
            f"{name}_minor": None if value is None else minor_units(value.amount, value.currency_code),
            f"{name}_currency": None if value is None else value.currency_code,
        }
    column = table.c[name]
    if value is None and not column.nullable:
        raise place.refuse("cannot be empty", reason="property.required", code="REQUIRED")
    cells = {name: _fitted(column, value, place)}
    if f"{name}_folded" in table.c:
        cells[f"{name}_folded"] = fold(value)
    return cells


def _fitted(column: sa.Column[Any], value: Any, place: Place) -> Any:
    length = getattr(column.type, "length", None)
    if isinstance(value, str) and length is not None and len(value) > length:
        raise place.refuse(f"has {len(value)} characters; at most {length} are kept")
    if isinstance(value, str) and not column.nullable and is_blank(value):
        raise place.refuse("cannot be empty", reason="property.required", code="REQUIRED")
    if isinstance(value, Decimal) and isinstance(column.type, sa.Integer):
        if value != value.to_integral_value() or abs(value) > MAX_INTEGER:
            raise place.refuse(f"must be a whole number of at most {MAX_INTEGER}")
        return int(value)
    return value


def as_value_row(kind: PropertyKind, value: Any) -> dict[str, Any]:
    """The cells of a `property_value` row for a value that is not None."""
    cells: dict[str, Any] = dict.fromkeys(
        ("text_value", "text_folded", "number_value", "currency", "date_value", "instant_value", "user_id")
    )
    match kind:
        case PropertyKind.TEXT | PropertyKind.OPTION:
            cells |= {"text_value": value, "text_folded": fold(value)}
        case PropertyKind.NUMBER:
            cells["number_value"] = value
        case PropertyKind.BOOLEAN:
            cells["number_value"] = Decimal(int(value))
        case PropertyKind.MONEY:
            cells |= {"number_value": value.amount, "currency": value.currency_code}
        case PropertyKind.DATE:
            cells["date_value"] = value
        case PropertyKind.DATETIME:
            cells["instant_value"] = value
        case PropertyKind.USER:
            cells["user_id"] = value
    return cells


def as_json(kind: PropertyKind | None, value: Any) -> Any:
    """The value as the history, the audit and events keep it: plain JSON."""
    if value is None or isinstance(value, bool):
        return value
    if kind is PropertyKind.USER:
        return encode_global_id("user", value)
    if isinstance(value, Money):
        return {"amount": format(value.amount, "f"), "currencyCode": value.currency_code}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of `after` that differ from `before`."""
    return {name: value for name, value in after.items() if before.get(name) != value}
