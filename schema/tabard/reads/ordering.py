"""Ordering: a stable order of rows, the same on both databases, and the place of a cursor in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

SortColumns = Sequence[tuple[sa.ColumnElement[Any], bool]]
"""What rows are sorted by, in order of weight: the column, and whether it descends."""


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


def words_of(columns: SortColumns) -> str:
    """The order in words, the same in every process: what its columns are made of, and which way each goes."""
    return ", ".join(
        " ".join([*map(_word, visitors.iterate(column)), "down" if descends else "up"])
        for column, descends in columns
    )


def _word(part: visitors.ExternallyTraversible) -> str:
    name = part.name if isinstance(part, sa.ColumnClause | sa.FunctionElement) else ""
    # A name that SQLAlchemy has yet to make up is another in each process.
    return str(name) if name.isidentifier() else part.__visit_name__


def direction(clause: Any) -> tuple[sa.ColumnElement[Any], bool]:
    """What a clause of ORDER BY or an index sorts by, and whether it descends."""
    descends = False
    while isinstance(clause, sa.UnaryExpression) and clause.modifier is not None:
        descends = descends or clause.modifier is sa.sql.operators.desc_op
        clause = clause.element
    return clause, descends


def order_clauses(
    columns: SortColumns, tie: sa.ColumnElement[Any], *, is_backward: bool
) -> list[sa.ColumnElement[Any]]:
    """ORDER BY for a page read forward, or for one read backward (then everything is turned round)."""
    clauses = [_clause(column, descends != is_backward, is_backward) for column, descends in columns]
    return [*clauses, tie.desc() if is_backward else tie.asc()]


def _clause(column: sa.ColumnElement[Any], descends: bool, is_backward: bool) -> sa.ColumnElement[Any]:
    clause = column.desc() if descends else column.asc()
    # PostgreSQL takes no index for an order of nulls that it was not made for, even where there are none.
    if not has_nulls(column):
        return clause
    return clause.nulls_first() if is_backward else clause.nulls_last()


def has_nulls(column: sa.ColumnElement[Any]) -> bool:
    """Whether a value may be null; false only for a table's column that says so."""
    return not (isinstance(column, sa.Column) and isinstance(column.table, sa.Table)) or bool(column.nullable)


def beyond(
    columns: SortColumns,
    tie: sa.ColumnElement[Any],
    values: Sequence[Any],
    *,
    is_backward: bool,
) -> sa.ColumnElement[bool]:
    """The condition for rows after (backward: before) the row with these sort values and id."""
    *sort_values, id = values
    condition: sa.ColumnElement[bool] = tie < id if is_backward else tie > id
    for (column, descends), value in reversed(list(zip(columns, sort_values, strict=True))):
        past = _past(column, value, descends, is_backward)
        if value is None or has_nulls(column):
            same = column.is_(None) if value is None else column == value
            condition = sa.or_(past, sa.and_(same, condition))
        else:
            # An index finds where such a range begins.
            since = column <= value if descends != is_backward else column >= value
            condition = sa.and_(since, sa.or_(past, condition))
    return condition


def _past(
    column: sa.ColumnElement[Any], value: Any, descends: bool, is_backward: bool
) -> sa.ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if is_backward else sa.false()
    past = column < value if descends != is_backward else column > value
    return sa.or_(past, column.is_(None)) if has_nulls(column) and not is_backward else past
