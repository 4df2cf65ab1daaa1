"""Ordering: a stable order of rows, the same on both databases, and the place of a cursor in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors


@dataclass(frozen=True)
class Order:
    """Attributes to sort by; a leading `-` means descending. NULLs come last, the id decides ties."""

    keys: tuple[str, ...] = ()

    @classmethod
    def parse(cls, order: str | Sequence[str] | None) -> "Order":
        return cls((order,) if isinstance(order, str) else tuple(order or ()))

    def sorted_columns(self, table: sa.FromClause) -> list[tuple[sa.ColumnElement[Any], bool]]:
        """Column and whether it descends, in order of weight, without the id."""
        return [(_column(table, key.lstrip("-")), key.startswith("-")) for key in self.keys]

    def clauses(self, table: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return order_clauses(self.sorted_columns(table), table.c.id, is_backward=False)


def _column(table: sa.FromClause, key: str) -> sa.ColumnElement[Any]:
    for name in (f"{key}_folded", f"{key}_minor", key):
        if name in table.c:
            return table.c[name]
    raise KeyError(f"{table.description} has no column to order by {key!r}")


def words_of(columns: Sequence[tuple[sa.ColumnElement[Any], bool]]) -> str:
    """The order in words, the same in every process: what its columns are made of, and which way each goes."""
    return ", ".join(
        " ".join([*map(_word, visitors.iterate(column)), "down" if descends else "up"])
        for column, descends in columns
    )


def _word(part: visitors.ExternallyTraversible) -> str:
    name = part.name if isinstance(part, sa.ColumnClause | sa.FunctionElement) else ""
    # A name that SQLAlchemy has yet to make up is another in each process.
    return str(name) if name.isidentifier() else part.__visit_name__


def order_clauses(
    columns: Sequence[tuple[sa.ColumnElement[Any], bool]], tie: sa.ColumnElement[Any], *, is_backward: bool
) -> list[sa.ColumnElement[Any]]:
    """ORDER BY for a page read forward, or for one read backward (then everything is turned round)."""
    clauses = [
        (column.desc() if descends != is_backward else column.asc()).nulls_first()
        if is_backward
        else (column.desc() if descends else column.asc()).nulls_last()
        for column, descends in columns
    ]
    return [*clauses, tie.desc() if is_backward else tie.asc()]


def beyond(
    columns: Sequence[tuple[sa.ColumnElement[Any], bool]],
    tie: sa.ColumnElement[Any],
    values: Sequence[Any],
    *,
    is_backward: bool,
) -> sa.ColumnElement[bool]:
    """The condition for rows after (backward: before) the row with these sort values and id."""
    *sort_values, id = values
    condition: sa.ColumnElement[bool] = tie < id if is_backward else tie > id
    for (column, descends), value in reversed(list(zip(columns, sort_values, strict=True))):
        same = column.is_(None) if value is None else column == value
        condition = sa.or_(_past(column, value, descends, is_backward), sa.and_(same, condition))
    return condition


def _past(
    column: sa.ColumnElement[Any], value: Any, descends: bool, is_backward: bool
) -> sa.ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if is_backward else sa.false()
    past = column < value if descends != is_backward else column > value
    return past if is_backward else sa.or_(past, column.is_(None))
