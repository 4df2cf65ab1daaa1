"""Column types keep values exactly, and alike on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from tabard import columns
from tabard.columns import (
    FOLDED_LENGTH,
    Identifier,
    Instant,
    Label,
    Scaled,
    StoredJSON,
    fold,
    money,
    searchable,
)

thing = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("rate", Scaled()),
    sa.Column("chance", Scaled(1)),
    sa.Column("code", Label(20)),
    sa.Column("data", StoredJSON),
)
DECIMALS = st.decimals(-(10**12), 10**12, places=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def memory() -> Iterator[sa.Connection]:
    """A database in memory with the table."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        thing.metadata.create_all(connection)
        yield connection
    engine.dispose()


def stored(connection: sa.Connection, column: sa.Column[object], value: object) -> object:
    """What comes back of a value."""
    connection.execute(sa.delete(thing))
    connection.execute(sa.insert(thing).values({"id": 1, column.name: value}))
    return connection.scalar(sa.select(column))


@given(st.integers(-(10**9), 10**10), st.integers(0, 999_999), st.integers(-14 * 60, 14 * 60))
def test_instant_comes_back_in_utc(memory: sa.Connection, second: int, micro: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    instant = datetime.fromtimestamp(second, zone).replace(microsecond=micro)
    found = stored(memory, thing.c.at, instant)

    assert found == instant
    assert isinstance(found, datetime)
    assert found.tzinfo is UTC


def test_instant_without_offset_is_refused(memory: sa.Connection) -> None:
    with pytest.raises(sa.exc.StatementError, match=r"an instant needs its offset from UTC; .* has none"):
        stored(memory, thing.c.at, datetime(2026, 1, 1))  # noqa: DTZ001 (that is the point)


@given(DECIMALS)
def test_decimal_comes_back_exactly(memory: sa.Connection, value: Decimal) -> None:
    found = stored(memory, thing.c.rate, value)

    assert isinstance(found, Decimal)
    assert found == value


@pytest.mark.parametrize(
    ("given", "kept"), [("0.05", "0.1"), ("-0.05", "-0.1"), ("0.04", "0"), ("0.149", "0.1"), ("1", "1")]
)
def test_decimal_is_rounded_half_up_to_its_places(memory: sa.Connection, given: str, kept: str) -> None:
    assert stored(memory, thing.c.chance, Decimal(given)) == Decimal(kept)


def test_decimal_has_no_zeros_to_show(memory: sa.Connection) -> None:
    for number, text in (("1.500000", "1.5"), ("1000000", "1000000"), ("0", "0"), ("-2.50", "-2.5")):
        assert format(stored(memory, thing.c.rate, Decimal(number)), "f") == text


@given(JSON)
def test_json_comes_back(memory: sa.Connection, value: object) -> None:
    assert stored(memory, thing.c.data, value) == value


def test_nothing_comes_back_as_nothing(memory: sa.Connection) -> None:
    for column in (thing.c.at, thing.c.rate, thing.c.chance, thing.c.code):
        assert stored(memory, column, None) is None


async def test_both_databases_keep_the_same(database_url: str) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    row = (1, at, Decimal("-12.345679"), Decimal("0.3"), "Ä", {"a": [1, None, "é"]})
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(thing.metadata.create_all)
            await connection.execute(sa.insert(thing).values(row))
            found = (await connection.execute(sa.select(thing))).one()
    finally:
        await engine.dispose()

    assert tuple(found) == row
    assert found.at.tzinfo is UTC


def test_label_is_compared_byte_by_byte() -> None:
    postgres = sa.schema.CreateTable(thing).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]

    assert 'code VARCHAR(20) COLLATE "C"' in str(postgres)


@given(st.text(max_size=400))
def test_folding_twice_changes_nothing_and_fits_its_column(text: str) -> None:
    folded = fold(text)

    assert folded is not None
    assert fold(folded) == folded
    assert len(folded) <= FOLDED_LENGTH


@pytest.mark.parametrize(
    ("text", "folded"), [("  Straße\t 5 ", "strasse 5"), ("ÉCOLE", "école"), ("", ""), (None, None)]
)
def test_text_is_folded_for_search(text: str | None, folded: str | None) -> None:
    assert fold(text) == folded


def test_constructors_make_the_columns_of_a_text_and_of_an_amount() -> None:
    assert [column.name for column in searchable("name", nullable=False)] == ["name", "name_folded"]
    assert not any(column.nullable for column in searchable("name", nullable=False))
    assert [column.name for column in money("cost")] == ["cost_minor", "cost_currency"]


def test_public_names_are_complete_and_documented() -> None:
    made_here = {
        name
        for name, value in vars(columns).items()
        if getattr(value, "__module__", None) == "tabard.columns" and not name.startswith("_")
    }

    assert set(columns.__all__) == made_here
    assert all(getattr(columns, name).__doc__ for name in columns.__all__)
