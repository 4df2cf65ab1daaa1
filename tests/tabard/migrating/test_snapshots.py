"""Filled databases that an earlier Tabard made are upgraded, and no released migration is edited."""

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.migrating import Migrations
from tabard.migrating.ledger import ledger
from tests.schema_snapshots import COMMAND, DIALECTS, FOLDER, kept, restore
from tests.support.catalog import catalog
from tests.support.databases import bundled, connected
from tests.support.filling import PORTALS, ROWS, fill

pytestmark = pytest.mark.promise("P24")

Rows = dict[str, list[dict[str, Any]]]


def rows(connection: sa.Connection) -> Rows:
    """The rows of each table, in the order of their keys."""
    found = sa.MetaData()
    found.reflect(connection)
    return {
        table.name: [
            dict(row._mapping) for row in connection.execute(table.select().order_by(*table.primary_key))
        ]
        for table in found.sorted_tables
        if table.name != ledger.name
    }


@dataclass(frozen=True)
class Pair:
    """Two databases of one kind: an empty one, and one that today's migrations made."""

    empty: str
    migrated: str


@pytest.fixture(params=DIALECTS)
def pair(request: pytest.FixtureRequest) -> Pair:
    """Databases of either kind in turn."""
    kind = {"sqlite": "sqlite", "postgresql": "postgres"}[request.param]
    return Pair(request.getfixturevalue(f"{kind}_url"), request.getfixturevalue(f"migrated_{kind}_url"))


def test_there_is_a_snapshot_of_the_first_tables_on_each_kind_of_database() -> None:
    assert kept()[0].startswith("core_0001+")
    for name in kept():
        assert {path.name for path in FOLDER.glob(f"{name}.*")} == {f"{name}.{kind}.sql" for kind in DIALECTS}


@pytest.mark.parametrize("name", kept())
async def test_a_filled_database_of_each_snapshot_is_upgraded_and_keeps_its_rows(
    pair: Pair, name: str
) -> None:
    await restore(pair.empty, name)
    async with connected(pair.empty) as connection:
        counts = await connection.run_sync(fill)
        before = await connection.run_sync(rows)
    migrations = Migrations(pair.empty, bundled())

    await migrations.upgrade()

    await migrations.check()
    assert (await migrations.draft()).statements == []
    async with connected(pair.migrated) as connection:
        fresh = await connection.run_sync(catalog)
    async with connected(pair.empty) as connection:
        assert await connection.run_sync(catalog) == fresh
        after = await connection.run_sync(rows)
    assert counts["deal"] == len(PORTALS) * ROWS
    for table in before.keys() & after.keys():
        shared = [set(one) & set(two) for one, two in zip(before[table], after[table], strict=True)]
        for one, two, names in zip(before[table], after[table], shared, strict=True):
            assert {key: two[key] for key in names} == {key: one[key] for key in names}, table


@pytest.mark.parametrize("name", kept())
async def test_the_migrations_of_each_snapshot_make_what_they_made_when_it_was_taken(
    pair: Pair, name: str
) -> None:
    await restore(pair.empty, name)
    migrations = Migrations(pair.migrated, bundled())
    for revision in name.split("+"):
        if (await migrations.applied())[revision.rpartition("_")[0]] != revision:
            await migrations.downgrade(revision)

    async with connected(pair.empty) as connection:
        then = await connection.run_sync(catalog)
    async with connected(pair.migrated) as connection:
        now = await connection.run_sync(catalog)
    assert now == then, (
        "a migration makes other tables than it did: leave it as it was and write a new one; "
        f"or, as long as it is in no release, take the snapshot anew: {COMMAND}"
    )
