"""The first rows of each of many parents, in any order and from any cursor, are those that Python picks."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import groupby, product
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabard.columns import Identifier, Instant, Label
from tabard.reads.indexes import has_index
from tabard.reads.listings import AFTER, Cut, Listing
from tabard.reads.ordering import Order
from tabard.reads.related import PARENT
from tabard.reads.tops import KEYS, LIMIT
from tabard.storage.database import Database
from tabard.storage.scope import Scope
from tabard.storage.statements import Prepared
from tabard.storage.tables import Tables, tenant_table

OURS, THEIRS = 1, 2
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

metadata = sa.MetaData()
task = tenant_table(
    "task",
    metadata,
    sa.Column("list_id", Identifier),
    sa.Column("list_key", Label(4)),
    sa.Column("weight", sa.BigInteger, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("archived_at", Instant),
)
sa.Index("task_list", task.c.portal_id, task.c.list_id, task.c.weight.desc(), task.c.id, task.c.archived_at)
sa.Index("task_list_key", task.c.portal_id, task.c.list_key, task.c.weight, task.c.id)
# One that a page could walk in its order through the tasks of all lists.
sa.Index("task_due_on", task.c.portal_id, task.c.due_on, task.c.id)
mention = tenant_table(
    "mention",
    metadata,
    sa.Column("list_id", Identifier, nullable=False),
    sa.Column("task_id", Identifier, nullable=False),
)
known = Tables(dict(metadata.tables))

Row = dict[str, Any]
LISTS = (0, 1, 2)


class Asked(NamedTuple):
    """A page of each list: how lists hold tasks, the order, from which end, from whose place on, how many."""

    held: str
    order: tuple[str, ...]
    is_backward: bool
    place: Row | None
    size: int
    lists: list[int]


values = st.fixed_dictionaries(
    {
        "portal_id": st.sampled_from([OURS, OURS, OURS, THEIRS]),
        "list_id": st.none() | st.sampled_from(LISTS[:2]),
        "weight": st.integers(-1, 1),
        "due_on": st.none() | st.sampled_from([date(2025, 12, 31), date(2026, 1, 1)]),
        "archived_at": st.sampled_from([None, None, None, MOMENT]),
    }
)
tasks = st.lists(values, min_size=12, max_size=32).map(
    lambda rows: [{"id": id, "list_key": _key(row["list_id"]), **row} for id, row in enumerate(rows, 1)]
)
ORDERS: list[tuple[str, ...]] = [
    (), ("weight",), ("-weight",), ("due_on",), ("-due_on",), ("-weight", "due_on"), ("-due_on", "weight")
]  # fmt: skip


def questions(rows: list[Row], chance: random.Random) -> Iterator[Asked]:
    """Every kind of list in every order from either end; the rest is left to chance."""
    for held, order, is_backward in product(("list_id", "list_key", "mention"), ORDERS, (False, True)):
        place = chance.choice([None, *rows])
        lists = chance.sample(LISTS, chance.randint(1, len(LISTS)))
        yield Asked(held, order, is_backward, place, chance.randint(1, 4), lists)


def _key(list_id: Any) -> str | None:
    return None if list_id is None else f"L{list_id}"


def mentions(rows: list[Row]) -> list[Row]:
    """Tasks that other lists mention; one is mentioned twice."""
    pairs = [(row, list_id) for row in rows for list_id in LISTS if (row["id"] + list_id) % 3 == 0]
    return [
        {"portal_id": row["portal_id"], "id": number, "list_id": list_id, "task_id": row["id"]}
        for number, (row, list_id) in enumerate([*pairs, *pairs[:1]], 1)
    ]


def listing(asked: Asked) -> Listing:
    rows = sa.select(task.c.id, task.c.due_on).where(task.c.archived_at.is_(None))
    sort = Order(asked.order).sorted_columns(task)
    if asked.held == "mention":
        rows = rows.select_from(mention.join(task, task.c.id == mention.c.task_id))
        return Listing(rows, sort, task.c.id, mention.c.list_id)
    return Listing(rows, sort, task.c.id, task.c[asked.held])


def keys_of(asked: Asked) -> list[Any]:
    return list(map(_key, asked.lists)) if asked.held == "list_key" else asked.lists


def place_of(asked: Asked) -> list[Any]:
    """What a cursor of the row holds."""
    assert asked.place is not None
    return [*(asked.place[key.lstrip("-")] for key in asked.order), asked.place["id"]]


def in_order(rows: Sequence[Row], order: Sequence[str]) -> list[Row]:
    """The rows as Python sorts them: nulls last, the id decides ties."""
    ordered = sorted(rows, key=lambda row: row["id"])
    for key in reversed(order):
        name, descends = key.lstrip("-"), key.startswith("-")
        filled = [row for row in ordered if row[name] is not None]
        filled = sorted(filled, key=lambda row: row[name], reverse=descends)
        ordered = filled + [row for row in ordered if row[name] is None]
    return ordered


def expected(rows: list[Row], asked: Asked) -> dict[Any, list[int]]:
    """The ids of each list's page, read from the end that it was asked from."""
    pages: dict[Any, list[int]] = {}
    for list_id, key in zip(asked.lists, keys_of(asked), strict=True):
        held = [row for row in rows if row["portal_id"] == OURS and row["archived_at"] is None]
        if asked.held == "mention":
            times = [item["task_id"] for item in mentions(rows) if item["list_id"] == list_id]
            held = [row for row in held for _ in range(times.count(row["id"]))]
        else:
            held = [row for row in held if row["list_id"] == list_id]
        if asked.place is None:
            chosen = in_order(held, asked.order)[:: -1 if asked.is_backward else 1]
        else:
            chosen = _beyond(held, asked, asked.place)
        if ids := [row["id"] for row in chosen[: asked.size]]:
            pages[key] = ids
    return pages


def _beyond(held: list[Row], asked: Asked, place: Row) -> list[Row]:
    others = [row for row in held if row["id"] != place["id"]]
    ordered = in_order([*others, place], asked.order)
    at = ordered.index(place)
    return ordered[:at][::-1] if asked.is_backward else ordered[at + 1 :]


@contextmanager
def filled(url: str) -> Iterator[tuple[asyncio.Runner, Database]]:
    """A database with the tables, and the loop that it is used in."""
    with asyncio.Runner() as runner:
        database = Database(url, known)
        try:
            runner.run(_create(database))
            yield runner, database
        finally:
            runner.run(database.close())


async def _create(database: Database) -> None:
    async with database.system("test") as connection:
        await connection.run_sync(metadata.create_all)


async def written(database: Database, rows: list[Row]) -> None:
    async with database.system("test") as connection:
        for table, given in ((task, rows), (mention, mentions(rows))):
            await connection.execute(sa.delete(table))
            if given:
                await connection.execute(sa.insert(table), given)


async def found(database: Database, asked: Asked) -> dict[Any, list[int]]:
    place = None if asked.place is None else place_of(asked)
    nulls = None if place is None else tuple(value is None for value in place)
    values = {f"{AFTER}{number}": value for number, value in enumerate(place or ()) if value is not None}
    page = listing(asked).page(Cut(asked.is_backward, nulls, shows_places=False), database.dialect)
    session = database.reading(Scope(OURS, 1))
    try:
        columns = await session.read(Prepared(page), {KEYS: keys_of(asked), LIMIT: asked.size, **values})
    finally:
        await session.close()
    runs = groupby(zip(columns[PARENT], columns["id"], strict=True), key=lambda row: row[0])
    pages = [(parent, [id for _, id in run]) for parent, run in runs]
    assert len(dict(pages)) == len(pages), "the rows of one parent stand apart"
    return dict(pages)


@pytest.mark.promise("P2")
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_page_of_each_parent_is_the_one_that_python_picks(
    backend: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[backend])
    with filled(url) as (runner, database):

        @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(tasks, st.integers(0, 2**32))
        def check(rows: list[Row], seed: int) -> None:
            runner.run(written(database, rows))
            for asked in questions(rows, random.Random(seed)):
                assert runner.run(found(database, asked)) == expected(rows, asked), asked

        check()


@pytest.mark.parametrize(
    ("parent", "order", "holds"),
    [
        ("list_id", "-weight", True),
        ("list_key", "weight", True),
        ("list_id", "weight", False),
        ("list_id", None, False),
        ("list_id", ("-weight", "due_on"), False),
        ("due_on", None, True),
        ("id", None, False),
    ],
)
def test_an_index_holds_rows_in_an_order_when_it_begins_with_all_of_it(
    parent: str, order: Any, holds: bool
) -> None:
    assert has_index(task.c[parent], Order.parse(order).sorted_columns(task), task.c.id) is holds


def test_an_index_on_a_condition_or_over_nulls_or_of_another_table_holds_no_order() -> None:
    made = tenant_table(
        "made",
        sa.MetaData(),
        sa.Column("list_id", Identifier, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("weight", sa.BigInteger, nullable=False),
    )
    c = made.c
    sa.Index("made_due_on", c.portal_id, c.list_id, c.due_on, c.id)
    sa.Index("made_weight", c.portal_id, c.list_id, c.weight, c.id, sqlite_where=c.weight > 1)

    assert not has_index(c.list_id, [(c.due_on, False)], c.id)
    assert not has_index(c.list_id, [(c.weight, False)], c.id)
    assert not has_index(mention.c.list_id, [(task.c.weight, True)], task.c.id)
