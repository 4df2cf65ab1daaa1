"""Listings: rows in an order, for one parent or many, as the statements that read a page or count them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from tabard.entities import Entity
from tabard.reads.indexes import has_index
from tabard.reads.ordering import SortColumns, beyond, direction, order_clauses, words_of
from tabard.reads.related import PARENT
from tabard.reads.tops import KEYS, beside, by_ids, limit, ranked
from tabard.storage.compiled import Statement
from tabard.storage.keys import keys as keys_in
from tabard.storage.statements import parameter

AFTER: Final = "page_after"
SORT, COUNT = "_sort", "_count"


class Cut(NamedTuple):
    """Which page of a listing: from which end, and which values of the cursor's row are null.

    `nulls` is None without a cursor; `shows_places` asks for what cursors are made of.
    """

    is_backward: bool
    nulls: tuple[bool, ...] | None
    shows_places: bool


@dataclass(frozen=True)
class Listing:
    """A select of rows, with what sorts them and the column that holds their parent's key, if many have one.

    `written` is what an author has written to sort by, where the columns only have its values.
    """

    rows: sa.Select[Any]
    sort: SortColumns
    tie: sa.Column[Any]
    parent: sa.ColumnElement[Any] | None = None
    written: SortColumns | None = None

    @cached_property
    def order(self) -> str:
        """The order in words; cursors are bound to it."""
        return words_of(self.sort if self.written is None else self.written)

    def page(self, cut: Cut, dialect: str) -> sa.Select[Any]:
        """The rows of a page and one more; of all parents together, those of one parent in one run."""
        order = order_clauses(self.sort, self.tie, is_backward=cut.is_backward)
        rows = self._from_cursor(cut)
        if self.parent is None:
            return rows.order_by(*order).limit(limit())
        if not has_index(self.parent, self.sort, self.tie):
            return ranked(rows, self.parent, order)
        if dialect == "sqlite":
            return by_ids(rows, self.parent, order, self.tie)
        return beside(rows, self.parent, order)

    def count(self) -> sa.Select[Any]:
        """How many rows there are, of each parent that has any."""
        counted = sa.func.count().label(COUNT)
        if self.parent is None:
            return sa.select(counted).select_from(self.rows.subquery())
        rows = self.rows.where(keys_in(self.parent, parameter(KEYS)))
        return rows.with_only_columns(
            self.parent.label(PARENT), counted, maintain_column_froms=True
        ).group_by(self.parent)

    def _from_cursor(self, cut: Cut) -> sa.Select[Any]:
        rows = self.rows
        if cut.shows_places:
            rows = rows.add_columns(
                *(column.label(f"{SORT}{place}") for place, (column, _) in enumerate(self.sort))
            )
        if cut.nulls is None:
            return rows
        columns = [*(column for column, _ in self.sort), self.tie]
        values = [
            None if is_null else parameter(f"{AFTER}{place}", column.type)
            for place, (column, is_null) in enumerate(zip(columns, cut.nulls, strict=True))
        ]
        return rows.where(beyond(self.sort, self.tie, values, is_backward=cut.is_backward))


def present(entity: Entity, rows: sa.Select[Any]) -> sa.Select[Any]:
    """The rows that are not archived."""
    return rows.where(entity.table.c.archived_at.is_(None)) if "archived_at" in entity.table.c else rows


def author_listing(entity: Entity, names: Iterable[str], select: sa.Select[Any]) -> Listing:
    """The rows whose ids an author's select gives, in its order."""
    clauses = [direction(clause) for clause in select._order_by_clauses]
    id_column = next(iter(select.selected_columns))
    inner = (
        select.with_only_columns(
            id_column.label("_id"),
            *(element.label(f"{SORT}{place}") for place, (element, _) in enumerate(clauses)),
            maintain_column_froms=True,
        )
        .order_by(None)
        .subquery()
    )
    sort = [(inner.c[f"{SORT}{place}"], descends) for place, (_, descends) in enumerate(clauses)]
    joined = inner.join(entity.table, entity.table.c.id == inner.c["_id"])
    rows = sa.select(*entity.columns(names)).select_from(joined)
    return Listing(present(entity, rows), sort, entity.table.c.id, written=clauses)


def apart(select: sa.Select[Any], number: int) -> sa.Select[Any]:
    """The select with names of its own for the queries that it names: another may name its alike."""
    if not any(isinstance(part, sa.CTE) for part in visitors.iterate(select)):
        return select

    def rename(named: sa.CTE) -> None:
        named.name = f"{named.name}_{number}"

    renamed: sa.Select[Any] = visitors.cloned_traverse(select, {}, {sa.CTE.__visit_name__: rename})
    return renamed


def together(selects: Sequence[sa.Select[Any]]) -> Statement:
    """Several selects as one statement; each row says which one it is from."""
    numbered = (
        sa.select(sa.literal(number).label(PARENT), select.subquery())
        for number, select in enumerate(selects)
    )
    return sa.union_all(*numbered)
