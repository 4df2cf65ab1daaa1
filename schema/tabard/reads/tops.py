"""Tops: the first rows of each of many parents, in one statement whose text says nothing of how many there are."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from tabard.reads.related import PARENT
from tabard.storage.keys import key_rows, kind_of
from tabard.storage.keys import keys as keys_in
from tabard.storage.statements import parameter

KEYS: Final = "page_keys"
LIMIT: Final = "page_limit"
RANK: Final = "_rank"
Select = sa.Select[Any]
Column = sa.ColumnElement[Any]
Clauses = Sequence[sa.ColumnElement[Any]]


def limit() -> sa.BindParameter[Any]:
    """How many rows at most, of each parent."""
    return parameter(LIMIT, sa.BigInteger())


def ranked(rows: Select, parent: Column, order: Clauses) -> Select:
    """All rows of all parents are read and sorted, and those beyond the first left out."""
    names = _names(rows)
    rank = sa.func.row_number().over(partition_by=parent, order_by=order).label(RANK)
    page = rows.add_columns(parent.label(PARENT), rank).where(keys_in(parent, parameter(KEYS))).subquery()
    first = sa.select(page.c[PARENT], *(page.c[name] for name in names)).where(page.c[RANK] <= limit())
    return first.order_by(page.c[PARENT], page.c[RANK])


def beside(rows: Select, parent: Column, order: Clauses) -> Select:
    """The first rows are read parent by parent, off an index that has them in this order."""
    asked, own = _own(rows, parent, order)
    page = own.add_columns(sa.func.row_number().over(order_by=order).label(RANK)).lateral("page")
    first = sa.select(asked.c.key.label(PARENT), *(page.c[name] for name in _names(rows)))
    return first.select_from(asked.join(page, sa.true())).order_by(asked.c.position, page.c[RANK])


def by_ids(rows: Select, parent: Column, order: Clauses, id: sa.Column[Any]) -> Select:
    """As `beside` for SQLite, which has no LATERAL: the first ids are read off the index, and rows by them.

    The rows, their ids and what they are sorted by are of one table.
    """
    asked, own = _own(rows, parent, order)
    ids = own.with_only_columns(id)
    first = sa.select(asked.c.key.label(PARENT), *rows.selected_columns)
    return first.select_from(asked.join(id.table, id.in_(ids))).order_by(asked.c.position, *order)


def _own(rows: Select, parent: Column, order: Clauses) -> tuple[sa.TableValuedAlias, Select]:
    """The parents, and the first rows of one of them."""
    asked = key_rows(parameter(KEYS), kind_of(parent), "asked")
    return asked, rows.where(parent == asked.c.key).order_by(*order).limit(limit()).correlate(asked)


def _names(rows: Select) -> Iterable[Any]:
    return [column.key for column in rows.selected_columns]
