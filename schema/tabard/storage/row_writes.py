"""Row writes: the changes that rows of any table have in common, written once for each table."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tabard.storage.statements import PreparedWrite, parameter

ROW_ID: Final = "row_id"
"""The parameter of a change that says which row; a column's own name says what to set it to."""


@lru_cache(maxsize=1_000)
def inserting(table: sa.Table) -> PreparedWrite:
    """Inserts rows into a table."""
    return PreparedWrite(sa.insert(table))


@lru_cache(maxsize=1_000)
def adding(
    table: sa.Table, key: tuple[str, ...], where: sa.ColumnElement[bool] | None, dialect: str
) -> PreparedWrite:
    """Inserts a row unless its key is taken."""
    statement = _upsert(dialect)(table).on_conflict_do_nothing(index_elements=key, index_where=where)
    return PreparedWrite(statement)


def _upsert(dialect: str) -> Any:
    """The INSERT of a dialect that says what becomes of a row with a key that is taken."""
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@lru_cache(maxsize=1_000)
def putting(table: sa.Table, names: tuple[str, ...], dialect: str) -> PreparedWrite:
    """Inserts a row, or changes these columns of the one that has its key."""
    key = [column.name for column in table.primary_key]
    statement = _upsert(dialect)(table)
    if changes := {name: statement.excluded[name] for name in names if name not in key}:
        return PreparedWrite(statement.on_conflict_do_update(index_elements=key, set_=changes))
    return PreparedWrite(statement.on_conflict_do_nothing(index_elements=key))


@lru_cache(maxsize=1_000)
def amending(table: sa.Table) -> PreparedWrite:
    """Changes the row with an id."""
    return PreparedWrite(sa.update(table).where(table.c.id == parameter(ROW_ID, table.c.id.type)))
