"""Joining: changes that go together to PostgreSQL leave the rows that they leave one after the other."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.storage.database import Database
from tabard.storage.joining import joined
from tabard.storage.scope import Scope
from tabard.storage.statements import PreparedWrite, parameter
from tabard.storage.tables import Tables
from tabard.storage.transaction import WriteSession
from tests.tabard.storage.portals import BOTH_PORTALS, ME, OURS, company, deal, metadata, note, plain_engine

Row = dict[str, Any]
known = Tables(dict(metadata.tables))
LENGTH = 12
ADDED = {table: PreparedWrite(sa.insert(table)) for table in (company, deal, note)}
CHANGED = {
    table: PreparedWrite(sa.update(table).where(table.c.id == parameter("which", table.c.id.type)))
    for table in (company, deal)
}
# Which notes it deletes depends on the deals: it may not go along with a change of those.
LOST = PreparedWrite(sa.delete(note).where(~sa.exists().where(deal.c.id == note.c.deal_id)))
GONE = PreparedWrite(sa.delete(deal).where(deal.c.id == parameter("which", deal.c.id.type)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with both portals' rows."""
    await (await plain_engine(database_url, *BOTH_PORTALS)).dispose()
    opened = Database(database_url, known)
    yield opened
    await opened.close()


def changes(seed: int) -> list[tuple[PreparedWrite, list[Row]]]:
    """Changes that are about few rows, so that they meet."""
    chance, made = random.Random(seed), 100
    found: list[tuple[PreparedWrite, list[Row]]] = []
    for _ in range(LENGTH):
        which, made = chance.randint(1, 5), made + 2
        added = [{"id": made, "name": f"New {made}"}, {"id": made + 1, "name": f"New {made + 1}"}]
        choices: list[tuple[PreparedWrite, list[Row]]] = [
            (ADDED[company], added[: chance.randint(1, 2)]),
            (ADDED[deal], [{"id": made, "company_id": which, "amount": made, "owner_id": ME}]),
            (ADDED[note], [{"id": made, "deal_id": which, "body": "x"}]),
            (CHANGED[company], [{"which": which, "size": made}]),
            (CHANGED[deal], [{"which": which, "amount": made}]),
            (LOST, [{}]),
            (GONE, [{"which": which}]),
        ]
        found.append(chance.choice(choices))
    return found


async def left(
    database: Database, seed: int, write: Callable[[WriteSession, PreparedWrite, list[Row]], Awaitable[Any]]
) -> list[list[tuple[Any, ...]]]:
    """All rows after the changes, which are undone."""
    found = []
    with suppress(Undone):
        async with database.writing(Scope(OURS, ME)) as session:
            for statement, rows in changes(seed):
                await write(session, statement, rows)
            for table in (company, deal, note):
                columns = [column for column in table.c if column.name != "portal_id"]
                rows_now = await session.fetch(sa.select(*columns).order_by(table.c.id))
                found.append([tuple(row) for row in rows_now])
            raise Undone
    return found


class Undone(Exception):
    """Ends a transaction without its changes."""


async def now(session: WriteSession, statement: PreparedWrite, rows: list[Row]) -> None:
    await session.execute(statement, rows)


async def later(session: WriteSession, statement: PreparedWrite, rows: list[Row]) -> None:
    session.later(statement, rows)


async def test_what_goes_together_leaves_the_same_rows_as_one_after_the_other(database: Database) -> None:
    for seed in range(30):
        assert await left(database, seed, later) == await left(database, seed, now), seed


async def test_changes_of_different_tables_are_one_statement(database: Database) -> None:
    async with database.writing(Scope(OURS, ME)) as session:
        session.later(CHANGED[company], [{"which": 1, "size": 7}])
        session.later(ADDED[deal], [{"id": 71, "company_id": 1, "amount": 1, "owner_id": ME}])
        session.later(ADDED[company], [{"id": 71, "name": "New"}])
        session.later(ADDED[note], [{"id": 71, "deal_id": 1, "body": "x"}])
        session.later(LOST, [{}])
        assert [text.count("VALUES") + text.count("SET") for text, _ in joined(session._waiting)] == [2, 2, 0]
