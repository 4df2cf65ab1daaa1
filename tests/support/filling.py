"""Rows for every table of a database, whatever its tables are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tabard.migrating.ledger import ledger

PORTALS = (1, 2)
ROWS = 5
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def fill(connection: sa.Connection) -> dict[str, int]:
    """Fills each empty table with rows of two portals; returns how many rows each table has now.

    The nth row of a portal holds n in each column, in the form that the column takes, so it refers to
    the nth row of each parent. Ids are the same in both portals.
    """
    found = sa.MetaData()
    found.reflect(connection)
    counts = {}
    for table in found.sorted_tables:
        if table.name != ledger.name:
            if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
                connection.execute(sa.insert(table), list(rows_of(table)))
            counts[table.name] = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    return counts


def rows_of(table: sa.Table) -> Iterator[dict[str, Any]]:
    """The rows: for each portal its own, for a table without portals one set."""
    is_portal = table.name == "portal"
    portals = PORTALS if "portal_id" in table.c else (0,)
    for portal in portals:
        for number in PORTALS if is_portal else range(1, ROWS + 1):
            yield {column.name: _value(column, number, portal) for column in table.columns}


def _value(column: sa.Column[Any], number: int, portal: int) -> Any:
    if column.name == "portal_id":
        return portal
    day = FIRST_DAY + timedelta(days=number)
    values: dict[type, Any] = {
        bool: number % 2 == 1,
        int: number,
        str: str(number),
        datetime: day,
        date: day.date(),
        object: {"number": number},
    }
    return values[getattr(column.type, "impl_instance", column.type).python_type]
