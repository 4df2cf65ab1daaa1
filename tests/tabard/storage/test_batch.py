"""A batch: rows of many tables, written so that every reference finds its row."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tabard.assembly import assemble
from tabard.records.tables import company, portal, stage, team
from tabard.storage.batch import Batch
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory
from tabard.storage.scope import Scope

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OURS = Scope(7)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind."""
    database = Database(migrated_url, assemble([]).registry.tables)
    yield database
    await database.close()


async def written(database: Database, batch: Batch) -> list[int]:
    counts: list[int] = []
    async with database.writing(OURS) as session:
        await batch.write(session, counts.append)
    return counts


def add_portal(batch: Batch) -> None:
    facts = {"key": "ours", "name": "Ours", "plan": "ENTERPRISE", "time_zone": "UTC", "locale": "en"}
    settings = {"features": [], "account_object": "company", "settings_version": 0}
    batch.add(portal, [{**facts, **settings, "currency": "EUR", "created_at": NOW}])


def row(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "created_at": NOW, "updated_at": NOW, "version": 1, **more}


async def test_rows_get_ids_the_portal_and_their_folded_text(database: Database) -> None:
    batch = Batch(IdFactory(1))
    add_portal(batch)
    ids = batch.add(team, [{"name": "Ünïted  STATES"}, {"name": "b", "external_id": "x"}])
    assert batch.add(team, [{"id": 5, "name": "c"}]) == [5]
    await written(database, batch)
    session = database.reading(OURS)
    found = await session.fetch(sa.select(team).order_by(team.c.id))
    await session.close()
    assert [(item.portal_id, item.id, item.name, item.name_folded, item.external_id) for item in found] == [
        (7, 5, "c", "c", None),
        (7, ids[0], "Ünïted  STATES", "ünïted states", None),
        (7, ids[1], "b", "b", "x"),
    ]


async def test_parents_are_written_before_children_and_progress_counts_all_rows(database: Database) -> None:
    batch = Batch(IdFactory(1))
    parents = batch.add(company, [row("parent")])
    batch.add(company, [row("child", parent_id=parents[0])])
    batch.add(stage, [])
    add_portal(batch)
    assert len(batch) == 3
    assert sum(await written(database, batch)) == 3
    session = database.reading(OURS)
    child = company.alias()
    joined = sa.select(child.c.name, company.c.name).join(company, company.c.id == child.c.parent_id)
    assert [tuple(found) for found in await session.fetch(joined)] == [("child", "parent")]
    await session.close()


async def test_a_batch_that_fails_writes_nothing(database: Database) -> None:
    batch = Batch(IdFactory(1))
    add_portal(batch)
    batch.add(company, [row("orphan", parent_id=404)])
    with pytest.raises(sa.exc.IntegrityError):
        await written(database, batch)
    session = database.reading(OURS)
    assert await session.fetch(sa.select(portal.c.id)) == []
    await session.close()
