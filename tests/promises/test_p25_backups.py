"""P25: a backup that is taken while clients write holds what was acknowledged before it, and nothing in part."""

import asyncio
import random
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.backup import back_up
from gateway.data import DATABASE, SECRET, DataFolder
from gateway.exits import Exit
from tabard.errors import BackupFailed
from tests.promises.support.traces import Traces, integrity, traces, versions
from tests.promises.support.writers import Client, State, Writer
from tests.support.servers import PROGRAM, RunningServer, environment, token

pytestmark = pytest.mark.promise("P25")

WRITERS = 4
BACKUPS = 2


def run_backup(
    target: Path, *options: str, url: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """`tabard backup` as an operator runs it."""
    return subprocess.run(
        [PROGRAM, "backup", str(target), *options],
        env=environment(url, **settings),
        cwd=target.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_prefix(found: Traces, writer: Writer) -> None:
    """Of what one client did, one change after the other, the backup has the first so many."""
    kept = [max(found.of(change)) for change in writer.journal if change.state is State.ACKNOWLEDGED]
    assert kept == sorted(kept, reverse=True)


async def backed_up(url: str, target: Path, writers: Sequence[Writer]) -> list[list[State]]:
    """What each writer knew of each change when the backup began."""
    known = [[change.state for change in writer.journal] for writer in writers]
    done = await asyncio.to_thread(run_backup, target, url=url)
    assert done.returncode == 0, done.stderr
    return known


async def check(
    copied: str, since: datetime, before: dict[int, int], writers: Sequence[Writer], known: list[list[State]]
) -> int:
    """How many changes the copy holds; raises AssertionError unless they are a committed prefix."""
    found = await traces(copied, since, before)
    for writer, states in zip(writers, known, strict=True):
        then = [copy(change) for change in writer.journal]
        for number, change in enumerate(then):
            was = states[number] if number < len(states) else State.UNKNOWN
            change.state = State.REFUSED if change.state is State.REFUSED else was
        found.check(then)
        assert_prefix(found, writer)
    assert await integrity(copied) == []
    return sum(found.keys.values())


async def test_a_backup_under_writes_restores_to_a_committed_state(
    demo_sqlite_url: str, tmp_path: Path
) -> None:
    before, since = await versions(demo_sqlite_url), datetime.now(UTC)
    server = await asyncio.to_thread(RunningServer, tmp_path, demo_sqlite_url)
    targets = [tmp_path / f"backup-{number}" for number in range(BACKUPS)]
    try:
        async with Client(server.address, token(demo_sqlite_url)) as client:
            shared = await client.shared()
            writers = [
                Writer(f"p25-{number}", random.Random(number), shared, lambda: None)
                for number in range(WRITERS)
            ]
            writing = [asyncio.create_task(writer.write(client)) for writer in writers]
            known = [await backed_up(demo_sqlite_url, target, writers) for target in targets]
            for writer in writers:
                writer.is_done = True
            await asyncio.gather(*writing)
    finally:
        server.kill()

    copies = [DataFolder(target).url for target in targets]
    held = [
        await check(copied, since, before, writers, states)
        for copied, states in zip(copies, known, strict=True)
    ]
    assert 0 < held[0] < held[-1] < sum(len(writer.journal) for writer in writers)

    restored = await asyncio.to_thread(RunningServer, tmp_path, copies[-1])
    try:
        async with Client(restored.address, token(copies[-1])) as client:
            writer = Writer("after", random.Random(0), await client.shared(), lambda: None)
            change = writer._create("after")
            await client.send(change)
        assert change.state is State.ACKNOWLEDGED
    finally:
        restored.kill()


def test_a_backup_is_a_data_folder_with_the_key_that_only_its_owner_reads(
    demo_sqlite_url: str, tmp_path: Path
) -> None:
    data = DataFolder(tmp_path / "data")
    secret = data.secret()
    Path(demo_sqlite_url.removeprefix("sqlite:///")).rename(data.database)
    target = tmp_path / "backups" / "monday"

    target.parent.mkdir()
    done = run_backup(target, "--data", str(data.path))

    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in target.iterdir()) == [SECRET, DATABASE]
    assert DataFolder(target).secret() == secret
    assert (target / SECRET).stat().st_mode & 0o077 == 0
    assert target.stat().st_mode & 0o077 == 0


def test_a_backup_that_cannot_be_made_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    empty, damaged = DataFolder(tmp_path / "empty"), DataFolder(tmp_path / "damaged")
    for folder in (empty, damaged):
        folder.prepare()
    with closing(sqlite3.connect(damaged.database)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
        connection.commit()
    with damaged.database.open("r+b") as file:
        file.seek(8_192)
        file.write(b"\xff" * 4_096)

    for folder, target, words in (
        (empty, "one", "there is no database"),
        (damaged, "two", "is damaged"),
        (damaged, "empty", "overwrites nothing"),
    ):
        with pytest.raises(BackupFailed, match=words):
            back_up(folder.database, folder.path / SECRET, tmp_path / target, lambda done, total: None)
    foreign = run_backup(tmp_path / "three", url="postgresql://db/crm")

    assert (foreign.returncode, foreign.stdout) == (Exit.BACKUP, "")
    assert "`pg_dump`" in foreign.stderr
    assert sorted(item.name for item in tmp_path.iterdir()) == ["damaged", "empty"]
