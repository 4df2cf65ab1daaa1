"""Dates and instants that SQLite keeps as text are written as Python writes them, and read when looked at."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from gateway.execution.leaves import Leaf
from tabard.assembly import assemble
from tabard.columns import Instant
from tabard.reads.batch import at
from tabard.storage.compiled import converter
from tabard.texts import Texts

DIALECT = sqlite.dialect()
SCALARS = assemble([]).graphql_schema.type_map
INSTANTS = st.datetimes(timezones=st.just(UTC)) | st.datetimes(timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
)


def kept(type_: sa.types.TypeEngine[Any], values: list[Any]) -> Texts:
    """The column of values that SQLite has stored."""
    store: Callable[[Any], str] = type_._cached_bind_processor(DIALECT)  # type: ignore[assignment]
    read = converter(type_, DIALECT)
    assert read is not None
    column = read([None if value is None else store(value) for value in values])
    assert isinstance(column, Texts)
    return column


@given(st.lists(st.none() | st.dates()) | st.lists(st.none() | INSTANTS))
def test_text_is_what_python_writes_and_values_are_what_was_stored(values: list[Any]) -> None:
    is_instants = any(isinstance(value, datetime) for value in values)

    column = kept(Instant() if is_instants else sa.Date(), values)

    assert list(column.texts) == [None if value is None else value.isoformat() for value in values]
    assert list(column) == values
    assert [column[place] for place in range(len(column))] == values
    assert list(column[1:]) == values[1:]
    assert list(at(column, range(len(values))[::-1])) == values[::-1]


@given(st.lists(st.none() | st.dates(), min_size=1), st.booleans())
def test_kept_dates_are_completed_like_dates(values: list[date | None], is_nullable: bool) -> None:
    exact = Leaf(SCALARS["Date"]).exact(is_nullable=is_nullable)  # type: ignore[arg-type]

    assert exact(kept(sa.Date(), values)) == exact(values)


@given(st.lists(st.none() | INSTANTS, min_size=1), st.booleans())
def test_kept_instants_are_completed_like_instants(values: list[datetime | None], is_nullable: bool) -> None:
    exact = Leaf(SCALARS["DateTime"]).exact(is_nullable=is_nullable)  # type: ignore[arg-type]

    assert exact(kept(Instant(), values)) == exact(values)


@pytest.mark.parametrize(("scalar", "kind"), [("Date", datetime), ("DateTime", date), ("String", date)])
def test_kept_text_of_another_kind_is_looked_at(scalar: str, kind: type[date]) -> None:
    exact = Leaf(SCALARS[scalar]).exact(is_nullable=True)  # type: ignore[arg-type]

    assert exact(Texts(kind, ["2026-11-27"])) is None
