"""Migrations that fail, are killed, meet another process or wait for a lock leave whole steps."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tabard.errors import DatabaseNotReady, MigrationFailed
from tabard.migrating import Migrations
from tabard.migrating.exclusive import LOCK, Waiting
from tests.support.databases import connected
from tests.tabard.migrating.samples import creates, sample, table_names, write

PROGRAM = """
import asyncio, pathlib, sys
from tabard import Plugin
from tabard.migrating import Migrations
plugin = Plugin("sample")
plugin.folder = pathlib.Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
applied = asyncio.run(Migrations(sys.argv[1], [plugin]).upgrade())
print(" ".join(migration.revision for migration in applied))
"""


async def migrators(count: int, url: str, folder: Path) -> Sequence[asyncio.subprocess.Process]:
    """Processes that upgrade as soon as they read a line."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, url, str(folder), stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        for _ in range(count)
    ]
    for process in started:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    return started


@pytest.mark.promise("P24")
async def test_killed_migration_leaves_nothing_of_itself_and_is_taken_up_again(
    database_url: str, tmp_path: Path
) -> None:
    plugin = sample(tmp_path / "plugin")
    write(plugin, 1, creates("sample_one"))
    killing = write(plugin, 2, creates("sample_two") + "\nos.kill(os.getpid(), signal.SIGKILL)")
    [process] = await migrators(1, database_url, tmp_path / "plugin")
    await process.communicate(b"\n")
    killed = await Migrations(database_url, [plugin]).applied()
    left = await table_names(database_url)

    killing.write_text(killing.read_text().replace("os.kill(os.getpid(), signal.SIGKILL)", ""))
    resumed = await Migrations(database_url, [plugin]).upgrade()

    assert process.returncode == -signal.SIGKILL
    assert killed == {"core": "core_0001", "sample": "sample_0001"}
    assert "sample_one" in left
    assert "sample_two" not in left
    assert [migration.revision for migration in resumed] == ["sample_0002"]
    assert "sample_two" in await table_names(database_url)


@pytest.mark.promise("P24")
async def test_processes_that_migrate_at_once_apply_each_migration_once(
    database_url: str, tmp_path: Path
) -> None:
    plugin = sample(tmp_path / "plugin")
    for number in range(1, 8):
        write(plugin, number, creates(f"sample_{number}"))
    processes = await migrators(2, database_url, tmp_path / "plugin")

    answers = await asyncio.gather(*(process.communicate(b"\n") for process in processes))

    assert [errors for _, errors in answers] == [b""] * 2
    applied = sorted(revision for output, _ in answers for revision in output.decode().split())
    assert applied == ["core_0001", *(f"sample_{number:04}" for number in range(1, 8))]


@pytest.mark.promise("P24")
async def test_failed_migration_is_rolled_back_and_named_and_those_before_it_stand(
    database_url: str, tmp_path: Path
) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    write(plugin, 2, creates("sample_two") + '\nop.execute("INSERT INTO nowhere VALUES (1)")')
    migrations = Migrations(database_url, [plugin])

    with pytest.raises(MigrationFailed) as failure:
        await migrations.upgrade()

    text = str(failure.value)
    assert text.startswith("the migration sample_0002 (Step 2) failed and was rolled back: ")
    assert "nowhere" in text
    assert text.endswith("; those before it stand, so mend the cause and migrate again")
    assert await migrations.applied() == {"core": "core_0001", "sample": "sample_0001"}
    assert "sample_two" not in await table_names(database_url)


async def test_sqlite_migration_that_leaves_a_reference_to_nothing_is_rolled_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    plugin = sample(tmp_path)
    parent = 'sa.Column("parent_id", sa.Integer(), sa.ForeignKey("sample_one.id"))'
    write(plugin, 1, f'{creates("sample_one")}\nop.create_table("sample_two", {parent})')
    write(plugin, 2, 'op.execute("INSERT INTO sample_two VALUES (7)")')

    with pytest.raises(MigrationFailed) as failure:
        await Migrations(sqlite_url, [plugin]).upgrade()

    assert "row 1 of 'sample_two' would refer to a row of 'sample_one' that is gone" in str(failure.value)
    async with connected(sqlite_url) as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM sample_two")) == 0


@pytest.mark.promise("P24")
async def test_migration_gives_up_a_lock_that_it_does_not_get(postgres_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    await Migrations(postgres_url, [plugin]).upgrade()
    write(plugin, 2, 'op.add_column("sample_one", sa.Column("word", sa.String(9)))')
    migrations = Migrations(postgres_url, [plugin], Waiting(lock_timeout=0.05))

    async with connected(postgres_url) as reader:
        await reader.execute(sa.text("SELECT * FROM sample_one"))
        with pytest.raises(MigrationFailed, match="canceling statement due to lock timeout"):
            await migrations.upgrade()

    assert [migration.revision for migration in await migrations.upgrade()] == ["sample_0002"]


async def test_waiting_for_another_process_ends_with_a_reason(database_url: str) -> None:
    engine = create_async_engine(database_url)
    is_sqlite = engine.dialect.name == "sqlite"
    async with engine.connect() as other:
        taken = "BEGIN IMMEDIATE" if is_sqlite else f"SELECT pg_advisory_lock({LOCK})"
        await other.exec_driver_sql(taken)
        with pytest.raises(DatabaseNotReady) as refusal:
            await Migrations(database_url, waiting=Waiting(patience=0.05)).upgrade()
        await other.rollback()
    await engine.dispose()

    assert str(refusal.value) == (
        "another process is changing this database and does not finish; wait for it, then migrate again"
    )
    assert len(await Migrations(database_url).upgrade()) == 1


async def test_index_is_made_without_blocking_writers(postgres_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("sample_one"))
    made = 'op.create_index("sample_one_id", "sample_one", ["id"], postgresql_concurrently=True)'
    write(plugin, 2, f"with op.get_context().autocommit_block():\n    {made}")

    await Migrations(postgres_url, [plugin]).upgrade()

    async with connected(postgres_url) as connection:
        found = await connection.scalar(
            sa.text("SELECT count(*) FROM pg_indexes WHERE indexname = 'sample_one_id'")
        )
    assert found == 1
    assert (await Migrations(postgres_url).applied())["sample"] == "sample_0002"


async def test_one_process_migrates_two_databases_one_after_the_other(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "two")]

    applied = await asyncio.gather(*(Migrations(url).upgrade() for url in urls))

    assert [len(migrations) for migrations in applied] == [1, 1]
