"""Properties: the named, typed values of records; well-known ones are columns, custom ones are rows."""

import enum
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from tabard.money import Money
from tabard.naming import title


def _kind(value: str, description: str) -> str:
    """A described value, which Strawberry turns into the plain one."""
    return typing.cast(str, strawberry.enum_value(value, description=description))


@strawberry.enum(description="The kind of value a property holds.")
class PropertyKind(enum.Enum):
    TEXT = _kind("TEXT", "Text.")
    NUMBER = _kind("NUMBER", "An exact decimal number.")
    MONEY = _kind("MONEY", "An amount in one currency.")
    DATE = _kind("DATE", "A calendar date, never shifted by a time zone.")
    DATETIME = _kind("DATETIME", "An instant.")
    BOOLEAN = _kind("BOOLEAN", "Yes or no.")
    OPTION = _kind("OPTION", "One of the options that the property defines.")
    USER = _kind("USER", "A user of the portal.")


_KINDS: dict[object, PropertyKind] = {
    str: PropertyKind.TEXT,
    int: PropertyKind.NUMBER,
    Decimal: PropertyKind.NUMBER,
    Money: PropertyKind.MONEY,
    date: PropertyKind.DATE,
    datetime: PropertyKind.DATETIME,
    bool: PropertyKind.BOOLEAN,
}


@dataclass(frozen=True)
class Property:
    """A well-known property: an attribute of a record type that is also reachable by key.

    `key` is what clients use and never changes; `attribute` the Python attribute that holds the value.
    """

    key: str
    kind: PropertyKind
    label: str
    group: str = "about"
    attribute: str = ""
    description: str | None = None

    @property
    def source(self) -> str:
        return self.attribute or self.key


def declare(type_: type, given: str | Property) -> Property:
    """The property as given, or one whose kind follows from the attribute's annotation."""
    if isinstance(given, Property):
        return given
    return Property(given, _kind_of(type_, given), title(given))


def _kind_of(type_: type, name: str) -> PropertyKind:
    hints = typing.get_type_hints(type_)
    if name not in hints:
        raise TypeError(f"{type_.__name__} has no attribute {name!r} for its property; correct the name")
    hint: Any = hints[name]
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if option in _KINDS:
            return _KINDS[option]
        if isinstance(option, type) and issubclass(option, enum.Enum):
            return PropertyKind.OPTION
    raise TypeError(
        f"{type_.__name__}.{name} has no kind of property by its annotation {hint!r}; "
        f"write Property({name!r}, PropertyKind.…, label=…)"
    )


OWNER = Property(
    "owner", PropertyKind.USER, "Owner", attribute="owner_id", description="The user responsible."
)
COMMON = (
    OWNER,
    Property("created_at", PropertyKind.DATETIME, "Create date", group="activity"),
    Property("updated_at", PropertyKind.DATETIME, "Last modified date", group="activity"),
    Property("last_activity_at", PropertyKind.DATETIME, "Last activity date", group="activity"),
)
