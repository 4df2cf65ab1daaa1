"""Violations: which constraint a driver's integrity error is about."""

from typing import Any

import sqlalchemy as sa


def violates(error: sa.exc.IntegrityError, table: sa.Table, name: str) -> bool:
    """Whether the error is about the table's unique constraint of this name.

    asyncpg tells the constraint's name, SQLite the columns.
    """
    origin: Any = error.orig
    told = getattr(origin, "constraint_name", None)
    if told is not None:
        return bool(told == name)
    return str(origin).partition("failed: ")[2] == _columns(table, name)


def _columns(table: sa.Table, name: str) -> str:
    found = [
        item for item in table.constraints if isinstance(item, sa.UniqueConstraint) and item.name == name
    ]
    return ", ".join(f"{table.name}.{column.name}" for item in found for column in item.columns)
