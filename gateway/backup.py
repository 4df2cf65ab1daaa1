"""Backup: a copy of an SQLite database as it is at one moment, taken while servers write to it.

A backup is a data folder of its own: it can be served as it is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.data import OWNER_ONLY, SECRET, DataFolder
from tabard.errors import BackupFailed

PAGES: Final = 2_048
Tell = Callable[[int, int], object]


def back_up(database: Path, secret: Path, target: Path, tell: Tell) -> None:
    """Copies a database, and the secret key if there is one, into a new folder; `tell` gets pages done, and all.

    The folder is there whole or not at all. Raises BackupFailed when there is nothing to copy, the target exists,
    or the copy cannot be written or is not sound.
    """
    if not database.exists():
        raise BackupFailed(f"there is no database {database}; name its folder with --data")
    if target.exists():
        raise BackupFailed(f"{target} is there already, and a backup overwrites nothing; name another folder")
    draft = target.absolute().with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o700, parents=True)
        _copy_database(database, DataFolder(draft).database, tell)
        _copy_secret(secret, draft / SECRET)
        _keep(draft)
        draft.rename(target)
        _keep_names(draft.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(
            f"the backup {target} could not be made ({error}); nothing is left of it"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy_database(source: Path, target: Path, tell: Tell) -> None:
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)) as origin,
        closing(sqlite3.connect(target)) as copy,
    ):
        # Within one transaction nobody's writes are seen, so that no step has to begin anew for them.
        origin.execute("BEGIN")
        origin.execute("SELECT 1 FROM sqlite_schema").fetchone()
        origin.backup(copy, pages=PAGES, progress=lambda _, left, total: tell(total - left, total))
        origin.execute("COMMIT")
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise BackupFailed(f"the database {source} is damaged ({verdict}); restore an earlier backup")


def _copy_secret(source: Path, target: Path) -> None:
    """Without it cursors and demo tokens that are out would be worth nothing on the restored database."""
    if source.exists():
        target.touch(OWNER_ONLY)
        target.write_bytes(source.read_bytes())


def _keep(folder: Path) -> None:
    """Has the disk keep the files before anybody is told that they are there."""
    for file in folder.iterdir():
        with file.open("r+b") as stream:
            os.fsync(stream.fileno())
    _keep_names(folder)


def _keep_names(folder: Path) -> None:
    """Has the disk keep which files are in a folder; only POSIX can be asked for that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
