"""Rows come in the same order from both databases, NULLs last, and a cursor parts them where it says."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from tabard.columns import Instant, Label
from tabard.reads.ordering import Order, beyond, order_clauses

Row = dict[str, Any]
row = sa.Table(
    "row",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("code", Label(8)),
    sa.Column("due_on", sa.Date),
    sa.Column("seen_at", Instant),
)
COLUMNS = {
    "size": st.integers(-2, 2),
    "code": st.sampled_from(["", "A", "B", "a", "z", "é", "\U0001f600"]),
    "due_on": st.sampled_from([date(2025, 12, 31), date(2026, 1, 1)]),
    "seen_at": st.sampled_from(
        [datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 9, 0, 0, 5, tzinfo=UTC)]
    ),
}
ROWS = st.lists(st.fixed_dictionaries({name: st.none() | values for name, values in COLUMNS.items()})).map(
    lambda rows: [{"id": number, **row} for number, row in enumerate(rows, 1)]
)
ORDERS = st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=3).flatmap(
    lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names))
)


def expected(rows: Sequence[Row], keys: Sequence[str]) -> list[int]:
    """The ids as Python sorts the rows."""
    ordered = sorted(rows, key=lambda row: row["id"])
    for key in reversed(keys):
        name, descends = key.lstrip("-"), key.startswith("-")
        filled = [row for row in ordered if row[name] is not None]
        # Python's sort keeps rows of equal value in their order also when it is reversed.
        filled = sorted(filled, key=lambda row: row[name], reverse=descends)
        ordered = filled + [row for row in ordered if row[name] is None]
    return [row["id"] for row in ordered]


@pytest.fixture(scope="module")
def memory() -> Iterator[sa.Connection]:
    """A database in memory with the table."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        row.metadata.create_all(connection)
        yield connection
    engine.dispose()


def filled(connection: sa.Connection, rows: list[Row]) -> sa.Connection:
    connection.execute(sa.delete(row))
    if rows:
        connection.execute(sa.insert(row), rows)
    return connection


def page(
    keys: Sequence[str], values: list[Any] | None = None, *, is_backward: bool = False
) -> sa.Select[Any]:
    """The ids in order, from a place on."""
    columns = Order.parse(list(keys)).sorted_columns(row)
    statement = sa.select(row.c.id)
    if values is not None:
        statement = statement.where(beyond(columns, row.c.id, values, is_backward=is_backward))
    return statement.order_by(*order_clauses(columns, row.c.id, is_backward=is_backward))


def place(item: Row, keys: Sequence[str]) -> list[Any]:
    """What a cursor of the row holds."""
    return [*(item[key.lstrip("-")] for key in keys), item["id"]]


@given(ROWS, ORDERS)
def test_rows_come_as_python_sorts_them(memory: sa.Connection, rows: list[Row], keys: list[str]) -> None:
    connection = filled(memory, rows)

    forward = list(connection.scalars(page(keys)))
    backward = list(connection.scalars(page(keys, is_backward=True)))

    assert forward == expected(rows, keys)
    assert backward == forward[::-1]


@given(ROWS.filter(bool), ORDERS, st.data())
def test_cursor_parts_the_rows_before_it_from_those_after_it(
    memory: sa.Connection, rows: list[Row], keys: list[str], data: st.DataObject
) -> None:
    connection = filled(memory, rows)
    item = data.draw(st.sampled_from(rows))
    ordered = expected(rows, keys)
    at = ordered.index(item["id"])

    after = list(connection.scalars(page(keys, place(item, keys))))
    before = list(connection.scalars(page(keys, place(item, keys), is_backward=True)))

    assert after == ordered[at + 1 :]
    assert before == ordered[:at][::-1]


@given(ROWS.filter(bool), ORDERS, st.data())
def test_cursor_of_a_deleted_row_still_parts_the_rest(
    memory: sa.Connection, rows: list[Row], keys: list[str], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(rows))
    ordered = expected(rows, keys)
    at = ordered.index(gone["id"])
    connection = filled(memory, [item for item in rows if item is not gone])

    assert list(connection.scalars(page(keys, place(gone, keys)))) == ordered[at + 1 :]
    assert list(connection.scalars(page(keys, place(gone, keys), is_backward=True))) == ordered[:at][::-1]


async def test_both_databases_agree_with_python(database_url: str) -> None:
    values: list[list[object]] = [
        [None, -1, 1],
        [None, "A", "a", "é", "\U0001f600"],
        [None, date(2026, 1, 1)],
        [None, datetime(2026, 1, 1, 9, tzinfo=UTC)],
    ]
    rows: list[Row] = [
        dict(zip(("id", *COLUMNS), (number, *cells), strict=True))
        for number, cells in enumerate(itertools.product(*values), 1)
    ]
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(row.metadata.create_all)
            await connection.execute(sa.insert(row), rows)
            for keys in ([], ["code"], ["-code", "size"], ["-size", "-due_on", "seen_at"], ["-seen_at"]):
                ordered = expected(rows, keys)
                assert list(await connection.scalars(page(keys))) == ordered, keys
                for item in rows[:: len(rows) // 6]:
                    at = ordered.index(item["id"])
                    after = await connection.scalars(page(keys, place(item, keys)))
                    before = await connection.scalars(page(keys, place(item, keys), is_backward=True))
                    assert list(after) == ordered[at + 1 :], (keys, item)
                    assert list(before) == ordered[:at][::-1], (keys, item)
    finally:
        await engine.dispose()


def test_order_sorts_by_the_folded_text_and_the_minor_units() -> None:
    table = sa.Table(
        "thing",
        sa.MetaData(),
        *(sa.Column(name, sa.String) for name in ("id", "name", "name_folded", "cost_minor", "on")),
    )

    columns = Order.parse(["name", "-cost", "on"]).sorted_columns(table)

    assert [(column.name, descends) for column, descends in columns] == [
        ("name_folded", False),
        ("cost_minor", True),
        ("on", False),
    ]


def test_unknown_key_is_named() -> None:
    with pytest.raises(KeyError, match="row has no column to order by 'weight'"):
        Order.parse("-weight").clauses(row)


def test_one_key_needs_no_list() -> None:
    assert Order.parse("size") == Order(("size",))
    assert Order.parse(None) == Order(())
