"""Indexes: whether one holds rows in the order that a page needs."""

from typing import Any

import sqlalchemy as sa

from tabard.reads.ordering import SortColumns, direction, has_nulls
from tabard.storage.door import TENANT


def has_index(parent: sa.ColumnElement[Any], sort: SortColumns, tie: sa.Column[Any]) -> bool:
    """Whether the rows of each parent stand in an index in this order: then the first few are its beginning.

    One on a condition does not count, and none does for a column with nulls: each database has those at
    another end.
    """
    table, ordered = tie.table, [*sort, (tie, False)]
    columns = [column for column, _ in ordered]
    if any(map(has_nulls, columns)) or not all(map(table.c.contains_column, (parent, *columns))):
        return False
    portal = [(table.c[table.info[TENANT]], False)] if TENANT in table.info else []
    return any(_begins(index, [*portal, (parent, False), *ordered]) for index in table.indexes)


def _begins(index: sa.Index, wanted: SortColumns) -> bool:
    held = [direction(expression) for expression in index.expressions]
    pairs = zip(wanted, held, strict=False)
    are_same = all(mine is other and falls == descends for (mine, falls), (other, descends) in pairs)
    return are_same and len(held) >= len(wanted) and not index.dialect_kwargs
