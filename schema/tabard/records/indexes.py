"""Indexes of record tables: with them a page costs what its rows cost, however many others there are."""

from collections.abc import Iterable

import sqlalchemy as sa

from tabard.storage.tables import PORTAL_COLUMN


def add_indexes(table: sa.Table, references: Iterable[str]) -> None:
    """All records newest first, and those of each reference; an index of the table's own by that name stays."""
    known = {index.name for index in table.indexes}
    newest_first(table)
    for column in references:
        if f"{table.name}_{column}" not in known:
            newest_first(table, column)


def newest_first(table: sa.Table, *columns: str) -> None:
    """The records that agree in these columns, newest first; a page of them is the beginning of a range.

    Which are archived is told from the index, so that passing over those and counting the rest read no rows.
    """
    c = table.c
    name = "_".join((table.name, *(columns or ("created_at",))))
    sa.Index(
        name, c[PORTAL_COLUMN], *(c[column] for column in columns), c.created_at.desc(), c.id, c.archived_at
    )
