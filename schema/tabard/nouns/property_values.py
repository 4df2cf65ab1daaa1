"""Property values: any property of any record by its key, each kind with a type of its own."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from tabard.core import core
from tabard.errors import BadUserInput
from tabard.money import Money
from tabard.naming import noun_of
from tabard.nouns.arguments import ObjectType
from tabard.nouns.node import Record
from tabard.nouns.people import User
from tabard.properties import Property, PropertyKind
from tabard.reader import Reader
from tabard.records import tables
from tabard.records.object_types import is_custom
from tabard.scalars import CurrencyCode
from tabard.storage.keys import keys as keys_in

MAX_KEYS = 100

Key = Annotated[str, strawberry.argument(description="Key of the property.")]
Keys = Annotated[list[str] | None, strawberry.argument(description="Keys of the properties, at most 100.")]
Group = Annotated[str | None, strawberry.argument(description="Key of the group they are shown in.")]
Kind = Annotated[PropertyKind | None, strawberry.argument(description="Only properties of this kind.")]


@strawberry.type(description="One of the values that an OPTION property can take.")
class PropertyOption:
    value: str = strawberry.field(description="Stable key of the option.")
    label: str = strawberry.field(description="The option's name.")


@strawberry.type(description="What a property is: its key, kind, name and options.")
class PropertyDefinition:
    key: str = strawberry.field(description="Stable key, unique among the properties of the record type.")
    object_type: str = strawberry.field(description="The key of the record type, e.g. `company`.")
    label: str = strawberry.field(description="The property's name.")
    description: str | None = strawberry.field(description="What the property means.")
    kind: PropertyKind = strawberry.field(description="The kind of its values.")
    group: str = strawberry.field(description="The group it is shown in.")
    is_custom: bool = strawberry.field(description="Whether an admin or an import defined it.")
    options: list[PropertyOption] = strawberry.field(
        description="The options of an OPTION property; else empty."
    )


@strawberry.interface(description="The value of a property of a record; one concrete type for each kind.")
class PropertyValue:
    definition: PropertyDefinition = strawberry.field(description="What the property is.")

    @strawberry.field(description="The property's key.")
    def key(self) -> str:
        return self.definition.key


@strawberry.type(description="Value of a TEXT property.")
class TextPropertyValue(PropertyValue):
    text: str | None = strawberry.field(description="The text; null when not set.")


@strawberry.type(description="Value of a NUMBER property.")
class NumberPropertyValue(PropertyValue):
    number: Decimal | None = strawberry.field(description="The number; null when not set.")


@strawberry.type(description="Value of a MONEY property.")
class MoneyPropertyValue(PropertyValue):
    money: Money | None = strawberry.field(description="The amount; null when not set.")


@strawberry.type(description="Value of a DATE property.")
class DatePropertyValue(PropertyValue):
    date: date | None = strawberry.field(description="The calendar date; null when not set.")


@strawberry.type(description="Value of a DATETIME property.")
class DateTimePropertyValue(PropertyValue):
    date_time: datetime | None = strawberry.field(description="The instant; null when not set.")


@strawberry.type(description="Value of a BOOLEAN property.")
class BooleanPropertyValue(PropertyValue):
    boolean: bool | None = strawberry.field(description="Yes or no; null when not set.")


@strawberry.type(description="Value of an OPTION property.")
class OptionPropertyValue(PropertyValue):
    option: PropertyOption | None = strawberry.field(description="The chosen option; null when not set.")


@strawberry.type(description="Value of a USER property.")
class UserPropertyValue(PropertyValue):
    user_id: strawberry.Private[int | None]


core.one(UserPropertyValue, "user", to=User, key="user_id", description="The user; null when not set.")

VALUE_TYPES: dict[PropertyKind, tuple[type[PropertyValue], str]] = {
    PropertyKind.TEXT: (TextPropertyValue, "text"),
    PropertyKind.NUMBER: (NumberPropertyValue, "number"),
    PropertyKind.MONEY: (MoneyPropertyValue, "money"),
    PropertyKind.DATE: (DatePropertyValue, "date"),
    PropertyKind.DATETIME: (DateTimePropertyValue, "date_time"),
    PropertyKind.BOOLEAN: (BooleanPropertyValue, "boolean"),
    PropertyKind.OPTION: (OptionPropertyValue, "option"),
    PropertyKind.USER: (UserPropertyValue, "user_id"),
}


core.include(*(type_ for type_, _ in VALUE_TYPES.values()))


def make_value(definition: PropertyDefinition, value: Any) -> PropertyValue:
    """The typed value of a definition from its plain value."""
    type_, name = VALUE_TYPES[definition.kind]
    if definition.kind is PropertyKind.NUMBER and value is not None:
        value = Decimal(value)
    if definition.kind is PropertyKind.OPTION and value is not None:
        value = next(
            (item for item in definition.options if item.value == value),
            PropertyOption(value=value, label=value),
        )
    return type_(definition=definition, **{name: value})


def defined(object_type: str, item: Property) -> PropertyDefinition:
    """The definition of a well-known property."""
    return PropertyDefinition(
        key=item.key,
        object_type=object_type,
        label=item.label,
        description=item.description,
        kind=item.kind,
        group=item.group,
        is_custom=False,
        options=[],
    )


def definition_columns() -> list[sa.ColumnElement[Any]]:
    """The columns that `custom_definition` reads."""
    definition = tables.property_definition.c
    return [
        definition.key,
        definition.object_type,
        definition.label,
        definition.description,
        definition.kind,
        definition.group_key,
        definition.options,
    ]


def custom_definition(row: tuple[Any, ...]) -> PropertyDefinition:
    """The definition of a custom property from its row."""
    key, object_type, label, description, kind, group, options = row
    return PropertyDefinition(
        key=key,
        object_type=object_type,
        label=label,
        description=description,
        kind=PropertyKind(kind),
        group=group,
        is_custom=True,
        options=[PropertyOption(value=option["value"], label=option["label"]) for option in options],
    )


_CELLS: dict[PropertyKind, str] = {
    PropertyKind.TEXT: "text_value",
    PropertyKind.OPTION: "text_value",
    PropertyKind.NUMBER: "number_value",
    PropertyKind.BOOLEAN: "number_value",
    PropertyKind.MONEY: "number_value",
    PropertyKind.DATE: "date_value",
    PropertyKind.DATETIME: "instant_value",
    PropertyKind.USER: "user_id",
}


def plain_value(kind: PropertyKind, cells: dict[str, Any]) -> Any:
    """The plain value of a `property_value` row; None when the row has none of its kind."""
    cell = cells[_CELLS[kind]]
    if cell is None:
        return None
    if kind is PropertyKind.BOOLEAN:
        return cell != 0
    if kind is PropertyKind.MONEY:
        return cells["currency"] and Money(amount=cell, currency_code=CurrencyCode(cells["currency"]))
    return cell


async def custom_values(
    reader: Reader, ids: list[int], keys: list[str] | None, group: str | None
) -> dict[int, list[PropertyValue]]:
    """The set custom properties of records, by record id, in the order of their keys; one statement."""
    value, definition = tables.property_value, tables.property_definition
    cells = ("text_value", "number_value", "currency", "date_value", "instant_value", "user_id")
    statement = (
        sa.select(value.c.record_id, *(value.c[name] for name in cells), *definition_columns())
        .select_from(value.join(definition, definition.c.id == value.c.property_id))
        .where(keys_in(value.c.record_id, ids))
        .order_by(definition.c.key)
    )
    if keys is not None:
        statement = statement.where(keys_in(definition.c.key, keys))
    if group is not None:
        statement = statement.where(definition.c.group_key == group)
    found = await reader.fetch(statement)
    result: dict[int, list[PropertyValue]] = defaultdict(list)
    for record_id, *row in zip(*found.data.values(), strict=True):
        described = custom_definition(tuple(row[len(cells) :]))
        plain = plain_value(described.kind, dict(zip(cells, row[: len(cells)], strict=True)))
        result[record_id].append(make_value(described, plain))
    return result


def well_known(reader: Reader, record: Record) -> dict[str, PropertyValue]:
    """The well-known properties of a record, by key, in the order they were declared."""
    object_type = getattr(record, "object_type", noun_of(type(record)))
    return {
        item.key: make_value(defined(object_type, item), getattr(record, item.source))
        for item in reader.properties_of(object_type)
    }


@core.field(
    Record, description="A property by its key; null for an unknown key or a custom one that is not set."
)
async def property(reader: Reader, records: list[Record], *, key: Key) -> list[PropertyValue | None]:
    found = await _selected(reader, records, [key], None)
    return [values[0] if values else None for values in found]


@core.field(
    Record, description="The properties of the record: all, those with these keys, or those of a group."
)
async def properties(
    reader: Reader, records: list[Record], *, keys: Keys = None, group: Group = None
) -> list[list[PropertyValue] | None]:
    return list(await _selected(reader, records, keys, group))


async def _selected(
    reader: Reader, records: list[Record], keys: list[str] | None, group: str | None
) -> list[list[PropertyValue]]:
    if keys is not None and len(keys) > MAX_KEYS:
        raise BadUserInput(f"`keys` has {len(keys)} entries; ask for at most {MAX_KEYS} at once.")
    known = [well_known(reader, record) for record in records]
    needs_custom = keys is None or any(key not in values for values in known for key in keys)
    custom = (
        await custom_values(reader, [record.id for record in records], keys, group) if needs_custom else {}
    )
    result = []
    for record, values in zip(records, known, strict=True):
        every = [*values.values(), *custom.get(record.id, [])]
        result.append(
            [
                value
                for value in every
                if (keys is None or value.definition.key in keys)
                and (group is None or value.definition.group == group)
            ]
        )
    return result


@core.query(description="The properties of a record type, well-known ones first; null for an unknown type.")
async def property_definitions(
    reader: Reader, *, object_type: ObjectType, kind: Kind = None
) -> list[PropertyDefinition] | None:
    known = reader.properties_of(object_type)
    if not known:
        return None
    found = await reader.fetch(_definitions_of(object_type))
    rows = list(zip(*found.data.values(), strict=True))
    if is_custom(object_type) and not rows:
        return None
    custom = [custom_definition(row) for row in rows if row[0] is not None]
    every = [defined(object_type, item) for item in known] + custom
    return [item for item in every if kind in (None, item.kind)]


def _definitions_of(object_type: str) -> sa.Select[Any]:
    """The custom properties of an object type; of a custom object also a row of nulls when it has none."""
    definition, custom = tables.property_definition, tables.custom_object
    statement = sa.select(*definition_columns()).order_by(definition.c.key)
    if not is_custom(object_type):
        return statement.where(definition.c.object_type == object_type)
    held = custom.outerjoin(definition, definition.c.object_type == custom.c.object_type)
    return statement.select_from(held).where(custom.c.object_type == object_type)
