"""Reads of a session: compiled once, run on the driver, and the same as SQLAlchemy's own execution."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from tabard.columns import Identifier, Instant, Label, Scaled, StoredJSON
from tabard.errors import DeadlineExceeded, DoorRefusal, RequestEnded, Unavailable
from tabard.storage.database import Database
from tabard.storage.keys import key_rows, keys
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.session import REST_SECONDS
from tabard.storage.statements import Prepared, Statements, parameter
from tabard.storage.tables import Tables, tenant_table
from tests.tabard.storage.portals import (
    BOTH_PORTALS,
    COLLEAGUE,
    ME,
    OURS,
    THEIRS,
    VIEWER,
    company,
    deal,
    door_engine,
    metadata,
    note,
    plain_engine,
    portal,
)

HERE = Scope(OURS, ME)
ACROSS = Scope(THEIRS, 20)
known = Tables(dict(metadata.tables))


async def filled(url: str) -> None:
    """Makes both portals' rows."""
    await (await plain_engine(url, *BOTH_PORTALS)).dispose()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with both portals' rows."""
    await filled(database_url)
    opened = Database(database_url, known)
    yield opened
    assert opened.checked_out == 0, "a connection was not given back"
    await opened.close()


async def columns(database: Database, statement: Any, scope: Scope = HERE, **values: Any) -> dict[str, Any]:
    session = database.reading(scope)
    try:
        return await session.read(statement, values)
    finally:
        await session.close()


def statements_of(database: Database) -> Statements:
    return database._storage.statements


# --- the same rows as SQLAlchemy -------------------------------------------------------------------------

theirs = deal.alias("theirs")
numbers = st.integers(-3, 700)
names = st.sampled_from(["Ada", "Bosch", "Curie", "Dirac", "Euler", "", "x' OR 1=1 --"])
conditions = st.one_of(
    st.builds(lambda n: company.c.size > n, numbers),
    st.builds(company.c.size.is_distinct_from, st.none() | numbers),
    st.builds(company.c.size.between, numbers, numbers),
    st.builds(lambda text: company.c.name == text, names),
    st.builds(lambda text: company.c.name.startswith(text, autoescape=True), names),
    st.builds(lambda ids: keys(company.c.id, ids), st.lists(st.integers(0, 9), max_size=4)),
    st.builds(lambda ids: ~keys(company.c.id, ids), st.lists(st.integers(0, 9), max_size=4)),
    st.builds(lambda n: sa.exists().where(theirs.c.company_id == company.c.id, theirs.c.amount > n), numbers),
    st.builds(lambda n: company.c.id.in_(sa.select(theirs.c.company_id).where(theirs.c.amount < n)), numbers),
    st.just(company.c.parent_id.is_(None)),
)
extras = st.sampled_from(
    [
        company.c.name,
        company.c.size,
        (company.c.size + 1).label("bigger"),
        sa.func.coalesce(company.c.currency, "none").label("money"),
        sa.case((company.c.size > 3, "big"), else_="small").label("word"),
        sa.select(sa.func.count())
        .where(theirs.c.company_id == company.c.id)
        .scalar_subquery()
        .label("deals"),
        sa.func.row_number().over(order_by=company.c.id).label("place"),
    ]
)


@st.composite
def selects(draw: Any) -> sa.Select[Any]:
    picked = {str(extra.key): extra for extra in draw(st.lists(extras, max_size=3))}
    statement = sa.select(company.c.id, *picked.values())
    if draw(st.booleans()):
        statement = statement.outerjoin(deal, deal.c.company_id == company.c.id).add_columns(
            deal.c.id.label("deal"), deal.c.amount
        )
        statement = statement.order_by(company.c.id, deal.c.id)
    if draw(st.booleans()):
        asked = key_rows(draw(st.lists(st.integers(0, 7), max_size=3)))
        statement = statement.join(asked, asked.c.key == company.c.id).add_columns(asked.c.position)
        statement = statement.order_by(asked.c.position)
    statement = statement.where(*draw(st.lists(conditions, max_size=3))).order_by(company.c.id)
    return statement.limit(draw(st.integers(0, 9))) if draw(st.booleans()) else statement


@pytest.mark.promise("P2")
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_read_gives_what_sqlalchemy_gives(backend: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[backend])
    with asyncio.Runner() as runner:
        runner.run(filled(url))
        database, engine = Database(url, known), door_engine(url)

        @settings(
            max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
        )
        @given(selects())
        def check(statement: sa.Select[Any]) -> None:
            runner.run(compare(statement))

        async def compare(statement: sa.Select[Any]) -> None:
            async with engine.connect() as connection:
                expected = [tuple(row) for row in await connection.execute(statement, VIEWER)]
            for prepared in (statement, Prepared(statement)):
                found = await columns(database, prepared)
                assert list(found) == [str(column.key) for column in statement.selected_columns]
                assert list(zip(*found.values(), strict=True)) == expected

        try:
            check()
        finally:
            runner.run(engine.dispose())
            runner.run(database.close())


thing = tenant_table(
    "thing",
    sa.MetaData(),
    sa.Column("instant", Instant),
    sa.Column("day", sa.Date),
    sa.Column("moment", sa.DateTime(timezone=False)),
    sa.Column("flag", sa.Boolean),
    sa.Column("scaled", Scaled()),
    sa.Column("document", StoredJSON),
    sa.Column("weight", sa.Float),
    sa.Column("text", Label(20)),
    sa.Column("number", Identifier),
)
VALUES: list[dict[str, Any]] = [
    {
        "instant": datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
        "day": date(1, 1, 1),
        "moment": datetime(9999, 12, 31, 23, 59, 59),  # noqa: DTZ001
        "flag": True,
        "scaled": Decimal("-1.5"),
        "document": {"a": [1, None, "ü"]},
        "weight": 0.1,
        "text": "Zoë",
        "number": 2**63 - 1,
    },
    {"instant": datetime(1970, 1, 1, tzinfo=UTC), "flag": False, "document": [], "weight": -2.0},
    {},
]


async def test_cells_of_every_type_are_what_was_stored(database_url: str) -> None:
    engine = create_async_engine(database_url)
    blank = {column.name: None for column in thing.c}
    rows = [blank | {"portal_id": OURS, "id": place} | row for place, row in enumerate(VALUES)]
    async with engine.begin() as connection:
        await connection.run_sync(thing.metadata.create_all)
        await connection.execute(sa.insert(thing), rows)
    await engine.dispose()
    database = Database(database_url, Tables({"thing": thing}))
    try:
        found = await columns(database, sa.select(thing).order_by(thing.c.id))
        assert [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)] == rows
        assert {type(cell) for cell in found["flag"]} == {bool, type(None)}
        average = sa.select(
            sa.func.avg(thing.c.weight, type_=sa.Float()).label("mean"),
            sa.cast(sa.func.sum(thing.c.number), sa.Float).label("total"),
        )
        assert await columns(database, average) == {"mean": (pytest.approx(-0.95),), "total": (2.0**63,)}
    finally:
        await database.close()


# --- one text for all ------------------------------------------------------------------------------------


async def test_a_compiled_read_serves_other_values_and_other_viewers(database: Database) -> None:
    def above(amount: int) -> sa.Select[Any]:
        return sa.select(deal.c.amount).where(deal.c.amount > amount).order_by(deal.c.amount)

    first, _ = statements_of(database).find(above(0), {})
    again, _ = statements_of(database).find(above(5250), {})
    assert first is again
    assert (await columns(database, above(150)))["amount"] == (300, 400, 500, 600)
    assert (await columns(database, above(150), Scope(OURS, COLLEAGUE)))["amount"] == (200, 400, 500, 600)
    assert (await columns(database, above(5250), ACROSS))["amount"] == (5300, 5400, 5500, 5600)


async def test_a_prepared_read_takes_its_values_by_name(database: Database) -> None:
    read = Prepared(
        sa.select(company.c.id)
        .where(keys(company.c.id, parameter("ids")), company.c.size > parameter("size"), company.c.id < 99)
        .order_by(company.c.id)
    )
    assert (await columns(database, read, ids=[1, 2, 3, 100], size=1))["id"] == (2, 3)
    assert (await columns(database, read, ids=[1, 2], size=5000, scope=ACROSS))["id"] == (1, 2)
    with pytest.raises(sa.exc.InvalidRequestError, match="'size' has no value"):
        await columns(database, read, ids=[1])


async def test_a_prepared_read_works_out_its_values_for_each_run(database: Database) -> None:
    ids = iter((2, 3))
    read = Prepared(
        sa.select(company.c.id).where(company.c.id == sa.bindparam("now", callable_=lambda: next(ids)))
    )
    assert [(await columns(database, read))["id"] for _ in range(2)] == [(2,), (3,)]


async def test_a_parameter_without_a_value_is_named(database: Database) -> None:
    statement = sa.select(company.c.id).where(company.c.id == parameter("asked"))
    with pytest.raises(sa.exc.InvalidRequestError, match="'asked' has no value"):
        await columns(database, statement)
    assert (await columns(database, statement.params(asked=2)))["id"] == (2,)
    assert (await columns(database, statement.params(asked=3)))["id"] == (3,)


async def test_a_text_in_the_statement_is_not_taken_from_an_earlier_one(database: Database) -> None:
    async def joined(delimiter: str) -> Any:
        listed = sa.func.aggregate_strings(company.c.name, delimiter).label("listed")
        return (await columns(database, sa.select(listed).where(keys(company.c.id, [1, 2]))))["listed"][0]

    assert sorted((await joined("; ")).split("; ")) == ["Ada", "Bosch"]
    assert sorted((await joined("|")).split("|")) == ["Ada", "Bosch"]


# --- what is refused -------------------------------------------------------------------------------------


async def test_a_list_that_grows_the_text_is_refused(database: Database) -> None:
    with pytest.raises(DoorRefusal, match=r"use keys\(column, values\)"):
        await columns(database, sa.select(company.c.id).where(company.c.id.in_([1, 2])))


@pytest.mark.promise("P2")
async def test_what_changes_rows_is_no_read(database: Database) -> None:
    change: Any = sa.update(company).values(size=1).returning(company.c.id)
    for statement in (change, sa.select(change.cte("changed").c.id)):
        with pytest.raises(DoorRefusal, match="holds a change"):
            await columns(database, statement)


@pytest.mark.promise("P2")
async def test_a_forged_portal_does_not_reach_a_compiled_read(database: Database) -> None:
    statement = sa.select(portal.c.id)
    assert (await columns(database, statement))["id"] == (OURS,)
    forged = statement.params(tabard_portal=THEIRS)
    assert (await columns(database, forged, tabard_portal=THEIRS))["id"] == (OURS,)


# --- connections -----------------------------------------------------------------------------------------


async def test_statements_in_a_snapshot_see_one_moment(database: Database) -> None:
    async with database.writing(HERE):
        pass  # SQLite's first writer makes the log that lets readers and writers go side by side
    session = database.reading(HERE)
    count = sa.select(sa.func.count().label("count")).select_from(company)
    async with session.snapshot():
        before = await session.read(count)
        async with database.writing(HERE) as writing:
            await writing.execute(sa.insert(company), [{"id": 77, "name": "New"}])
        assert await session.read(count) == before
    assert await session.read(count) != before
    await session.close()


async def test_snapshots_that_are_open_together_see_one_moment(database: Database) -> None:
    """As those of two plugins are, whose fields are read at the same time."""
    async with database.writing(HERE):
        pass  # as above
    session, is_open, may_end = database.reading(HERE), asyncio.Event(), asyncio.Event()
    count = sa.select(sa.func.count().label("count")).select_from(company)

    async def first() -> None:
        async with session.snapshot():
            is_open.set()
            await may_end.wait()

    task = asyncio.create_task(first())
    await is_open.wait()
    async with session.snapshot():
        before = await session.read(count)
        async with database.writing(HERE) as writing:
            await writing.execute(sa.insert(company), [{"id": 77, "name": "New"}])
        may_end.set()
        await task
        async with session.snapshot():
            assert await session.read(count) == before
        assert await session.read(count) == before
    assert await session.read(count) != before
    await session.close()


async def test_a_snapshot_that_is_broken_off_is_left(database: Database) -> None:
    for _ in range(8):
        session = database.reading(HERE)
        async with session.snapshot():
            await session.close()
    assert (await columns(database, sa.select(portal.c.id)))["id"] == (OURS,)


async def test_a_slow_statement_ends_at_its_time(database_url: str) -> None:
    await filled(database_url)
    database = Database(database_url, known, StorageOptions(statement_timeout=0.2))
    crossed = [company.alias(f"c{number}") for number in range(12)]
    joined: Any = crossed[0]
    for other in crossed[1:]:
        joined = joined.join(other, sa.true())
    slow = sa.select(sa.func.count().label("count")).select_from(joined)
    try:
        for is_bounded in (True, False):
            session = database.reading(HERE)
            with pytest.raises(DeadlineExceeded):
                await session.read(slow, is_bounded=is_bounded)
            assert (await session.read(sa.select(portal.c.id)))["id"] == (OURS,)
            await session.close()
    finally:
        await database.close()


async def test_connections_that_the_server_has_ended_are_replaced(postgres_url: str) -> None:
    bare = await plain_engine(postgres_url, *BOTH_PORTALS)
    database = Database(postgres_url, known)
    sessions = [database.reading(HERE) for _ in range(3)]
    for session in sessions:
        await session.read(sa.select(portal.c.id))
    for session in sessions:
        await session.close()
    async with bare.begin() as connection:
        await connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'tabard'"
            )
        )
    await asyncio.sleep(0)
    for _ in range(4):
        assert (await columns(database, sa.select(portal.c.id)))["id"] == (OURS,)
    await database.close()
    await bare.dispose()


@pytest.mark.promise("P22")
async def test_a_session_that_is_closed_reads_no_more_and_one_that_is_released_does(
    database: Database,
) -> None:
    session = database.reading(HERE)
    assert (await session.read(sa.select(portal.c.id)))["id"] == (OURS,)
    await session.release()
    assert database.checked_out == 0
    assert (await session.read(sa.select(portal.c.id)))["id"] == (OURS,)
    await session.close()
    for late in (session.read(sa.select(portal.c.id)), session.horizon(), session.snapshot().__aenter__()):
        with pytest.raises(RequestEnded):
            await late
    assert database.checked_out == 0


async def test_a_connection_goes_from_one_request_to_the_next(database_url: str) -> None:
    await filled(database_url)
    database = Database(database_url, known, StorageOptions(pool_size=1))
    used = set()
    for scope in (HERE, ACROSS, HERE):
        session = database.reading(scope)
        assert (await session.read(sa.select(portal.c.id)))["id"] == (scope.portal_id,)
        used.add(session._connection)
        await session.close()
    assert len(used) == 1
    await database.close()


@pytest.mark.promise("P16")
async def test_a_request_that_reads_nothing_for_a_while_lets_others_have_its_connection(
    database_url: str,
) -> None:
    await filled(database_url)
    database = Database(database_url, known, StorageOptions(pool_size=1, pool_wait=60))
    waiting, other = database.reading(HERE), database.reading(ACROSS)
    try:
        assert (await waiting.read(sa.select(portal.c.id)))["id"] == (OURS,)
        assert (await other.read(sa.select(portal.c.id)))["id"] == (THEIRS,)
        await other.release()
        async with waiting.snapshot():
            await asyncio.sleep(3 * REST_SECONDS)
            assert database.checked_out == 1, "a transaction lost its connection"
            assert (await waiting.read(sa.select(portal.c.id)))["id"] == (OURS,)
    finally:
        await waiting.close()
        await other.close()
        assert database.checked_out == 0
        await database.close()


@pytest.mark.promise("P22")
async def test_a_connection_that_comes_after_the_end_is_given_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, is_asked, may_come = database._storage, asyncio.Event(), asyncio.Event()
    connect = storage.connect

    async def slowly(scope: Scope) -> Any:
        connection = await connect(scope)
        is_asked.set()
        await may_come.wait()
        return connection

    monkeypatch.setattr(storage, "connect", slowly)
    session = database.reading(HERE)
    orphan = asyncio.create_task(session.read(sa.select(portal.c.id)))
    await is_asked.wait()
    await session.close()
    may_come.set()
    with pytest.raises(RequestEnded):
        await orphan
    assert database.checked_out == 0


def end_as_it_begins(database: Database, patched: pytest.MonkeyPatch) -> None:
    """The server closes a new connection while the driver still prepares it."""
    prepare = asyncpg.Connection.set_type_codec

    async def ended(connection: Any, *given: Any, **named: Any) -> None:
        connection.terminate()
        await prepare(connection, *given, **named)

    patched.setattr(asyncpg.Connection, "set_type_codec", ended)


def end_once_it_has_begun(database: Database, patched: pytest.MonkeyPatch) -> None:
    """The server closes a new connection before anybody has used it."""
    storage: Any = database._storage
    engine = storage._writer.sync_engine
    sa.event.listen(engine, "connect", lambda connection, _: connection.driver_connection.terminate())


@pytest.mark.promise("P21")
@pytest.mark.parametrize("end", [end_as_it_begins, end_once_it_has_begun])
async def test_a_server_that_closes_even_new_connections_is_unavailable(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, end: Callable[[Database, pytest.MonkeyPatch], None]
) -> None:
    """As one does that is about to stop."""
    await filled(postgres_url)
    database = Database(postgres_url, known)
    with monkeypatch.context() as patched:
        end(database, patched)
        with pytest.raises(Unavailable):
            await columns(database, sa.select(portal.c.id))
        with pytest.raises(Unavailable):
            async with database.writing(HERE):
                pass
    assert database.checked_out == 0
    await database.close()


@pytest.mark.parametrize("seed", [7])
async def test_reads_cut_off_anywhere_leave_nothing_behind(database: Database, seed: int) -> None:
    """Requests are cancelled after any number of steps; the connections go on being right."""
    chance = random.Random(seed)
    tasks_before = asyncio.all_tasks()

    async def request(scope: Scope, is_bounded: bool) -> None:
        session = database.reading(scope)
        try:
            for _ in range(3):
                found = await session.read(sa.select(portal.c.id), is_bounded=is_bounded)
                assert found["id"] == (scope.portal_id,)
                await session.read(sa.select(note.c.body).where(note.c.id > 1), is_bounded=is_bounded)
        finally:
            await session.close()

    for _ in range(500):
        scope = chance.choice([HERE, ACROSS])
        task = asyncio.create_task(request(scope, chance.random() < 0.5))
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() * 0.002)
        else:
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None, task.exception()
    assert database.checked_out == 0
    await request(HERE, True)
    await request(ACROSS, False)
    assert asyncio.all_tasks() == tasks_before
