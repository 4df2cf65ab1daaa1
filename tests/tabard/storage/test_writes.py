"""Changes of a session: compiled once through the door, and run on the driver."""

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.errors import DoorRefusal, RequestEnded
from tabard.storage.database import Database
from tabard.storage.keys import keys
from tabard.storage.scope import Scope
from tabard.storage.statements import Prepared, PreparedWrite, parameter
from tabard.storage.tables import Tables
from tabard.storage.transaction import WriteSession
from tests.tabard.storage.portals import BOTH_PORTALS, ME, OURS, THEIRS, company, deal, metadata, plain_engine

known = Tables(dict(metadata.tables))
NAMES = sa.select(company.c.id, company.c.name, company.c.updated).order_by(company.c.id)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with both portals' rows."""
    await (await plain_engine(database_url, *BOTH_PORTALS)).dispose()
    opened = Database(database_url, known)
    yield opened
    assert opened.checked_out == 0, "a connection was not given back"
    await opened.close()


@pytest.fixture
async def work(database: Database) -> AsyncIterator[WriteSession]:
    """A transaction of our portal."""
    async with database.writing(Scope(OURS, ME)) as session:
        yield session


async def rows(session: WriteSession, statement: Any = NAMES) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await session.fetch(statement)]


async def test_a_change_tells_how_many_rows_it_changed(work: WriteSession) -> None:
    assert await work.execute(sa.update(company).where(company.c.id > 3).values(size=7)) == 2
    assert await work.execute(sa.update(company).where(company.c.id > 99).values(size=7)) == 0
    added = [{"id": id, "name": f"New {id}"} for id in (71, 72, 73)]
    assert await work.execute(sa.insert(company), added) == 3
    assert await work.execute(sa.insert(company), [{"id": 74, "name": "New 74"}]) == 1
    assert await work.execute(sa.delete(company).where(keys(company.c.id, [1, 2, 71]))) == 3
    assert [id for id, *_ in await rows(work)] == [3, 4, 5, 72, 73, 74]


async def test_no_cursor_of_a_change_outlives_it(work: WriteSession) -> None:
    """One that ends later, on another thread, resets the statement that a change like it is running."""
    gc.collect()
    gc.disable()
    try:
        before = _cursors()
        for id in range(71, 91, 2):
            added = [{"id": new, "name": f"New {new}"} for new in (id, id + 1)]
            await work.execute(sa.insert(company), added)
            await work.execute(sa.update(company).where(company.c.id == id).values(size=id))
        assert _cursors() == before
    finally:
        gc.enable()


def _cursors() -> int:
    return sum(isinstance(held, sqlite3.Cursor) for held in gc.get_objects())


async def test_columns_get_their_defaults(work: WriteSession) -> None:
    await work.execute(sa.insert(company), [{"id": 71, "name": "One"}, {"id": 72, "name": "Two"}])
    await work.execute(sa.update(company).where(company.c.id == 72).values(size=1))
    assert [row for row in await rows(work) if row[0] > 70] == [(71, "One", 0), (72, "Two", 1)]


async def test_the_same_text_serves_other_values_and_other_rows(work: WriteSession) -> None:
    for id, name in ((1, "A"), (2, "B")):
        await work.execute(sa.update(company).where(company.c.id == id).values(name=name))
        await work.execute(sa.insert(company), [{"id": 70 + id, "name": f"New {name}"}])
    assert len(work._statements._writes) == 2
    assert [row[1] for row in await rows(work) if row[0] in (1, 2, 71, 72)] == ["A", "B", "New A", "New B"]


async def test_a_text_that_holds_a_value_serves_no_other_value(work: WriteSession) -> None:
    for count in (1, 2):
        largest = sa.select(company.c.id).order_by(company.c.id.desc()).limit(count).scalar_subquery()
        assert await work.execute(sa.delete(company).where(company.c.id.in_(largest.element))) == count


async def test_a_prepared_read_sees_what_the_transaction_has_changed(work: WriteSession) -> None:
    prepared = Prepared(sa.select(company.c.name).where(company.c.id == parameter("id", company.c.id.type)))
    await work.execute(sa.update(company).where(company.c.id == 2).values(name="Other"))
    assert [tuple(row) for row in await work.fetch(prepared, {"id": 2})] == [("Other",)]


ADDED = PreparedWrite(sa.insert(company))
RENAMED = PreparedWrite(sa.update(company).where(company.c.id == parameter("which", company.c.id.type)))


async def test_what_may_wait_is_run_before_the_next_statement_in_its_order(work: WriteSession) -> None:
    work.later(ADDED, [{"id": 71, "name": "New"}, {"id": 72, "name": "Newer"}])
    work.later(RENAMED, [{"which": 71, "name": "Renamed"}])
    work.later(RENAMED, [{"which": 71, "name": "Renamed again"}])
    assert await work.execute(sa.delete(company).where(company.c.name == "Newer")) == 1
    work.later(RENAMED, [{"which": 71, "size": 9}])
    assert (await work.read(NAMES))["name"][-1] == "Renamed again"
    assert [row[0] for row in await rows(work, sa.select(company.c.size).where(company.c.id == 71))] == [9]


async def test_what_still_waits_is_committed(database: Database) -> None:
    async with database.writing(Scope(OURS, ME)) as work:
        work.later(ADDED, [{"id": 71, "name": "New"}])
        work.later(RENAMED, [{"which": 71, "name": "Renamed"}])
    assert await names(database) == [1, 2, 3, 4, 5, "Renamed"]


@pytest.mark.promise("P18")
async def test_nothing_is_committed_once_a_statement_has_failed(database: Database) -> None:
    async def change() -> None:
        async with database.writing(Scope(OURS, ME)) as work:
            work.later(ADDED, [{"id": 71, "name": "New"}])
            with suppress(sa.exc.IntegrityError):
                await work.execute(ADDED, [{"id": 71, "name": "Newer"}])
            with suppress(sa.exc.IntegrityError):
                await work.execute(ADDED, [{"id": 72, "name": "Newest"}])

    with pytest.raises(sa.exc.IntegrityError):
        await change()
    assert await names(database) == [1, 2, 3, 4, 5]


@pytest.mark.promise("P18")
async def test_nothing_is_committed_once_a_statement_was_cut_off(database: Database) -> None:
    async def change() -> None:
        async with database.writing(Scope(OURS, ME)) as work:
            await work.execute(ADDED, [{"id": 71, "name": "New"}])
            other = asyncio.create_task(work.execute(RENAMED, [{"which": 71, "name": "Newer"}]))
            await asyncio.sleep(0)
            other.cancel()
            await asyncio.wait([other])

    with pytest.raises(RequestEnded, match="cut off"):
        await change()
    assert await names(database) == [1, 2, 3, 4, 5]


async def names(database: Database) -> list[Any]:
    """The companies that are there: those from before by their ids, others by their names."""
    session = database.reading(Scope(OURS, ME))
    try:
        return [id if id < 10 else name for id, name, _ in map(tuple, await session.fetch(NAMES))]
    finally:
        await session.close()


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.promise("P18")
async def test_what_comes_after_the_end_is_refused_and_disturbs_nobody(
    database: Database, turns: int
) -> None:
    """Others have the connection by then of a mutation that began a task and did not await it."""

    async def change(session: WriteSession, id: int) -> bool:
        for _ in range(turns):
            await asyncio.sleep(0)
        with suppress(RequestEnded):
            return await session.execute(ADDED, [{"id": id, "name": str(id)}]) == 1
        return False

    tasks, ended = [], []
    for id in range(71, 76):
        async with database.writing(Scope(OURS, ME)) as work:
            tasks.append(asyncio.create_task(change(work, id)))
            ended.append(work)
    async with database.writing(Scope(THEIRS, ME)) as other:
        assert not await change(ended[0], 76)
        with pytest.raises(RequestEnded):
            ended[0].later(ADDED, [{"id": 77, "name": "77"}])
        done = await asyncio.gather(*tasks)
        assert all(id < 10 or id > 80 for id, *_ in await rows(other))
    assert [name for name in await names(database) if isinstance(name, str)] == [
        str(id) for id, is_done in enumerate(done, 71) if is_done
    ]


async def test_rows_that_name_other_columns_than_the_first_are_refused_and_not_cut(
    work: WriteSession,
) -> None:
    for odd in ({"id": 72}, {"id": 72, "name": "x", "size": 3}, {"id": 72, "size": 3}):
        with pytest.raises(sa.exc.InvalidRequestError, match="do not name the same columns"):
            await work.execute(ADDED, [{"id": 71, "name": "New"}, odd])
        with pytest.raises(sa.exc.InvalidRequestError, match="do not name the same columns"):
            work.later(ADDED, [{"id": 71, "name": "New"}, odd])
    assert len(await rows(work)) == 5


async def test_to_do_a_change_later_for_no_row_is_nothing(work: WriteSession) -> None:
    work.later(ADDED, [])
    assert len(await rows(work)) == 5


@pytest.mark.promise("P2")
async def test_what_is_no_plain_change_is_refused(work: WriteSession) -> None:
    refused: dict[str, Any] = {
        "no INSERT, UPDATE or DELETE": NAMES,
        "returns rows": sa.delete(company).returning(company.c.id),
        "use keys": sa.delete(company).where(company.c.id.in_([1, 2])),
        "the door sets the viewer's portal": sa.update(company).values(portal_id=THEIRS),
    }
    for words, statement in refused.items():
        with pytest.raises(DoorRefusal, match=words):
            await work.execute(statement)
    assert len(await rows(work)) == 5


@pytest.mark.promise("P2")
async def test_a_change_reaches_only_the_viewers_rows(database: Database, work: WriteSession) -> None:
    assert await work.execute(sa.delete(deal)) == 5
    other = database.reading(Scope(THEIRS, 20))
    try:
        assert len(await other.fetch(sa.select(deal.c.id))) == 5
    finally:
        await other.close()


async def test_a_violated_constraint_undoes_everything(database: Database) -> None:
    async def change() -> None:
        async with database.writing(Scope(OURS, ME)) as work:
            await work.execute(sa.insert(company), [{"id": 71, "name": "New"}])
            await work.execute(sa.insert(company), [{"id": 72, "name": "Ada"}])

    with pytest.raises(sa.exc.IntegrityError):
        await change()
    assert await names(database) == [1, 2, 3, 4, 5]
