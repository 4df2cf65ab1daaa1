"""The data folder: its secret is made once and kept from others, its database is replaced only when nobody uses it."""

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from gateway.data import DataFolder
from tabard.errors import DataFolderUnusable

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights in another way")
NOT_ROOT = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may do everything")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A folder that does not exist yet."""
    return DataFolder(tmp_path / "new" / "data")


def test_the_database_lies_in_the_folder(tmp_path: Path) -> None:
    assert DataFolder(tmp_path).url == f"sqlite:///{tmp_path}/tabard.sqlite3"


@POSIX
def test_only_the_owner_may_look_inside(folder: DataFolder) -> None:
    folder.prepare()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.prepare()


@POSIX
def test_a_secret_is_made_at_first_use_and_kept(folder: DataFolder) -> None:
    secret = folder.secret()
    assert len(secret) == 32
    assert folder.secret() == secret
    assert DataFolder(folder.path).secret() == secret
    assert stat.S_IMODE((folder.path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.path.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_the_secret(folder: DataFolder) -> None:
    folder.prepare()
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(lambda _: DataFolder(folder.path).secret(), range(32)))
    assert len(secrets) == 1


@pytest.mark.parametrize("content", ["", "not hexadecimal", "abcd"])
def test_a_broken_secret_is_refused(folder: DataFolder, content: str) -> None:
    folder.prepare()
    (folder.path / "secret.key").write_text(content)
    with pytest.raises(DataFolderUnusable) as refused:
        folder.secret()
    assert str(refused.value).startswith(f"the secret key {folder.path / 'secret.key'} cannot be used (")
    assert str(refused.value).endswith("); remove it, and a new one is made")


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DataFolderUnusable) as refused:
        DataFolder(tmp_path / "data").prepare()
    assert str(refused.value) == f"the folder {tmp_path / 'data'} cannot be made: File exists"


@NOT_ROOT
def test_a_folder_without_rights_is_refused(folder: DataFolder) -> None:
    folder.prepare()
    folder.path.chmod(0o500)
    with pytest.raises(DataFolderUnusable) as refused:
        folder.prepare()
    assert str(refused.value) == (
        f"the folder {folder.path} cannot be written; choose another with --data, or mend its rights"
    )


def test_clearing_removes_the_database_and_keeps_the_secret(folder: DataFolder) -> None:
    secret = folder.secret()
    folder.clear()
    with closing(sqlite3.connect(folder.database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE filled (id)")
    folder.clear()
    assert [path.name for path in folder.path.iterdir()] == ["secret.key"]
    assert folder.secret() == secret


def test_a_database_in_use_is_not_replaced(folder: DataFolder) -> None:
    folder.prepare()
    with closing(sqlite3.connect(folder.database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE filled (id)")
        with pytest.raises(DataFolderUnusable) as refused:
            folder.clear()
        assert str(refused.value) == (
            f"the database {folder.database} cannot be replaced (database is locked); "
            "stop the program that uses it, and start again"
        )
        connection.execute("INSERT INTO filled VALUES (1)")
    assert folder.database.exists()
