"""Migrations make the tables that are declared, and go down and up again with rows in them."""

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tabard import Plugin
from tabard.errors import DatabaseNotReady, SchemaNewer, StartError
from tabard.migrating import Migration, Migrations
from tabard.migrating.opening import is_there
from tests.support.catalog import catalog
from tests.support.databases import bundled, connected
from tests.support.filling import PORTALS, ROWS, fill
from tests.tabard.migrating.samples import creates, sample, table_names, write

LEDGER = {"migration"}
CORE = list(Migrations("sqlite:///nowhere.sqlite3").history)


async def undeclared(migrations: Migrations) -> list[str]:
    return [ast.unparse(statement) for statement in (await migrations.draft()).statements]


async def refusals(kind: type[StartError], *calls: Callable[[], Awaitable[object]]) -> str:
    """What all the calls are refused with."""
    texts = set()
    for call in calls:
        with pytest.raises(kind) as refusal:
            await call()
        texts.add(str(refusal.value))
    [text] = texts
    return text


@pytest.mark.promise("P24")
async def test_migrated_database_is_as_the_tables_are_declared(migrated_url: str) -> None:
    migrations = Migrations(migrated_url, bundled())

    assert await undeclared(migrations) == []
    assert await migrations.pending() == []
    await migrations.check()


@pytest.mark.promise("P24")
async def test_migrated_catalog_is_the_one_that_the_declared_tables_make(migrated_url: str) -> None:
    migrations = Migrations(migrated_url, bundled())
    async with connected(migrated_url) as connection:
        migrated = await connection.run_sync(catalog, policies=False)
    await migrations.downgrade("base")

    async with connected(migrated_url) as connection:
        for plugin in migrations.history.plugins:
            await connection.run_sync(plugin.metadata.create_all)
        declared = await connection.run_sync(catalog, policies=False)

    assert migrated == declared


@pytest.mark.promise("P24")
async def test_filled_database_goes_down_and_up_again(migrated_url: str) -> None:
    migrations = Migrations(migrated_url, bundled())
    everything = list(migrations.history)
    async with connected(migrated_url) as connection:
        before = await connection.run_sync(catalog)
        counts = await connection.run_sync(fill)

    undone = await migrations.downgrade("base")
    left = await table_names(migrated_url)
    done = await migrations.upgrade()

    async with connected(migrated_url) as connection:
        assert await connection.run_sync(catalog) == before
        assert await connection.run_sync(fill) == counts
    assert (undone, left, done) == (everything[::-1], LEDGER, everything)
    assert counts["portal"] == len(PORTALS)
    assert counts["deal"] == counts["service"] == len(PORTALS) * ROWS


@pytest.mark.promise("P24")
async def test_each_migration_of_a_filled_database_goes_down_and_up_again(migrated_url: str) -> None:
    migrations = Migrations(migrated_url, bundled())
    async with connected(migrated_url) as connection:
        before = await connection.run_sync(catalog)

    for migration in reversed(list(migrations.history)):
        async with connected(migrated_url) as connection:
            await connection.run_sync(fill)
        undone = await migrations.downgrade(migration.previous or f"{migration.plugin}@base")
        assert undone[-1] == migration
        assert await migrations.upgrade() == undone[::-1]

    async with connected(migrated_url) as connection:
        assert await connection.run_sync(catalog) == before


async def test_upgrade_does_nothing_the_second_time(migrated_url: str) -> None:
    assert await Migrations(migrated_url, bundled()).upgrade() == []


async def test_upgrade_tells_each_migration_as_it_is_applied(database_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    write(plugin, 2, creates("sample_two"))
    told: list[Migration] = []

    applied = await Migrations(database_url, [plugin]).upgrade(told.append)

    assert told == applied
    assert [str(migration) for migration in told][-2:] == ["sample_0001 (Step 1)", "sample_0002 (Step 2)"]


async def test_missing_migrations_are_named_with_the_command_that_applies_them(database_url: str) -> None:
    migrations = Migrations(database_url)

    with pytest.raises(DatabaseNotReady) as refusal:
        await migrations.check()

    listed = ", ".join(map(str, CORE))
    assert listed.startswith("core_0001 (First tables)")
    assert str(refusal.value) == (
        f"the database lacks {len(CORE)} migration(s): {listed}; run `tabard migrate`, then start"
    )


async def test_asking_what_is_pending_makes_no_file(sqlite_url: str) -> None:
    assert await Migrations(sqlite_url).pending() == CORE
    assert not is_there(sa.make_url(sqlite_url))


async def test_migration_that_is_not_installed_is_named(database_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    newer = write(plugin, 2, creates("sample_two"))
    await Migrations(database_url, [plugin]).upgrade()
    newer.unlink()
    older = Migrations(database_url, [plugin])

    assert await refusals(SchemaNewer, older.check, older.upgrade, older.pending) == (
        "the database holds the migration 'sample_0002', which the installed version of 'sample' does not "
        "know; start the version that migrated it, or a newer one"
    )


async def test_tables_of_a_plugin_that_is_gone_harm_nobody(database_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    await Migrations(database_url, [plugin]).upgrade()
    without = Migrations(database_url)

    await without.check()

    assert await without.upgrade() == []
    assert await undeclared(without) == []
    assert await without.applied() == {"core": CORE[-1].revision, "sample": "sample_0001"}
    with pytest.raises(StartError, match="holds tables of 'sample', not installed here"):
        await without.downgrade("base")
    assert "sample_one" in await table_names(database_url)


async def test_tables_of_one_plugin_are_taken_away_alone(database_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"), 'op.drop_table("sample_one")')
    migrations = Migrations(database_url, [plugin])
    await migrations.upgrade()
    async with connected(database_url) as connection:
        counts = await connection.run_sync(fill)

    await migrations.downgrade("sample@base")

    del counts["sample_one"]
    async with connected(database_url) as connection:
        assert await connection.run_sync(fill) == counts
    assert await migrations.applied() == {"core": CORE[-1].revision}


async def test_what_requires_an_undone_migration_is_undone_before_it(
    database_url: str, tmp_path: Path
) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"), 'op.drop_table("sample_one")')
    write(plugin, 2, creates("sample_two"), 'op.drop_table("sample_two")')
    migrations = Migrations(database_url, [plugin])
    await migrations.upgrade()

    undone = await migrations.downgrade("core@base")

    assert [migration.revision for migration in undone[:2]] == ["sample_0002", "sample_0001"]
    assert undone[2:] == CORE[::-1]


async def test_downgrade_goes_only_to_what_the_database_holds(database_url: str) -> None:
    with pytest.raises(StartError) as refusal:
        await Migrations(database_url).downgrade("core_0042")

    assert str(refusal.value) == (
        "the database does not hold the migration 'core_0042'; name one that it holds, '<plugin>@base' or 'base'"
    )


async def test_plugin_whose_tables_nothing_creates_is_named(database_url: str) -> None:
    plugin = Plugin("sample")
    plugin.table("one", sa.Column("word", sa.String(10)))

    migrations = Migrations(database_url, [plugin])

    assert await refusals(DatabaseNotReady, migrations.upgrade, migrations.check) == (
        "the plugin 'sample' declares tables and has no migration that creates them; write it with "
        '`python -m tabard.migrating.revise sample "First tables"`'
    )


async def test_database_that_does_not_answer_is_named_without_its_password() -> None:
    migrations = Migrations("postgresql://me:secret@127.0.0.1:1/tabard")

    text = await refusals(DatabaseNotReady, migrations.check, migrations.upgrade, migrations.pending)

    assert text.startswith("the database postgresql+asyncpg://me:***@127.0.0.1:1/tabard cannot be opened:")
    assert text.endswith("check its address, that it runs, and the rights of the account")


async def test_sqlite_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseNotReady, match=r"cannot be opened: unable to open database file; check"):
        await Migrations(f"sqlite:///{tmp_path}/nowhere/tabard.db").upgrade()


async def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 99)
    migrations = Migrations(f"sqlite:///{tmp_path}/letter.txt")

    text = await refusals(DatabaseNotReady, migrations.check, migrations.upgrade)

    assert "letter.txt cannot be opened: file is not a database; check" in text


async def test_rows_that_refer_to_a_rebuilt_table_stay(database_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, REBUILT)
    write(
        plugin,
        2,
        'with op.batch_alter_table("sample_parent") as batch_op:\n'
        '    batch_op.alter_column("name", type_=sa.String(99), existing_type=sa.String(9), nullable=False)',
    )

    await Migrations(database_url, [plugin]).upgrade()

    async with connected(database_url) as connection:
        assert (await connection.execute(sa.text("SELECT parent_id FROM sample_child"))).scalars().all() == [
            1
        ]
        columns = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns("sample_parent"))
    assert str(columns[1]["type"]) == "VARCHAR(99)"


REBUILT = """
op.create_table(
    "sample_parent", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(9))
)
op.create_table(
    "sample_child",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("parent_id", sa.Integer(), sa.ForeignKey("sample_parent.id", ondelete="CASCADE")),
)
op.execute("INSERT INTO sample_parent VALUES (1, 'one')")
op.execute("INSERT INTO sample_child VALUES (1, 1)")
"""
