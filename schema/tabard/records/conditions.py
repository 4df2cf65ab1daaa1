"""Conditions: what a plugin's select says about records in terms of their properties."""

from typing import Any

import sqlalchemy as sa

from tabard.entities import entity_of
from tabard.naming import noun_of
from tabard.properties import COMMON
from tabard.records import tables


def property_is(
    type_: type, key: str, user_id: int, *, object_type: str | None = None
) -> sa.ColumnElement[bool]:
    """Records of `type_` whose USER property `key` holds the user; well-known or custom alike.

    Of CustomRecord only those of one `object_type`, which must then be given.
    """
    table = entity_of(type_).table
    for item in COMMON:
        if item.key == key:
            column: sa.ColumnElement[Any] = table.c[item.source]
            return _of_type(table, object_type, column == user_id)
    value, definition = tables.property_value, tables.property_definition
    held = (
        sa.select(value.c.record_id)
        .join(definition, definition.c.id == value.c.property_id)
        .where(
            definition.c.object_type == (object_type or noun_of(type_)),
            definition.c.key == key,
            value.c.user_id == user_id,
        )
    )
    return _of_type(table, object_type, table.c.id.in_(held))


def _of_type(
    table: sa.Table, object_type: str | None, condition: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    return condition if object_type is None else sa.and_(table.c.object_type == object_type, condition)
