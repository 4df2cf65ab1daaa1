"""Data: the folder of an installation without a database server: its database and its secret key."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from tabard.errors import DataFolderUnusable

DATABASE: Final = "tabard.sqlite3"
SECRET: Final = "secret.key"  # noqa: S105 - a file's name
SECRET_BYTES: Final = 32
OWNER_ONLY: Final = 0o600


class DataFolder:
    """A folder for the embedded database; only its owner may look inside."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def database(self) -> Path:
        """The file of the database; SQLite keeps two more beside it while it is open."""
        return self.path / DATABASE

    @property
    def url(self) -> str:
        """The database's URL."""
        return f"sqlite:///{self.database}"

    def prepare(self) -> None:
        """Makes the folder; raises DataFolderUnusable when it cannot be made or written."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataFolderUnusable(f"the folder {self.path} cannot be made: {error.strerror}") from error
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise DataFolderUnusable(
                f"the folder {self.path} cannot be written; choose another with --data, or mend its rights"
            )

    def secret(self) -> bytes:
        """The secret that tokens and cursors are signed with; made at first use, readable by its owner only."""
        file = self.path / SECRET
        try:
            return self._secret(file)
        except (OSError, ValueError) as error:
            raise DataFolderUnusable(
                f"the secret key {file} cannot be used ({error}); remove it, and a new one is made"
            ) from error

    def _secret(self, file: Path) -> bytes:
        if not file.exists():
            self.prepare()
            # Written beside and then linked, so that of two processes one makes the key, and both read all of it.
            draft = file.with_suffix(f".{secrets.token_hex(4)}")
            draft.touch(OWNER_ONLY, exist_ok=False)
            draft.write_text(secrets.token_hex(SECRET_BYTES), encoding="ascii")
            try:
                file.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        secret = bytes.fromhex(file.read_text(encoding="ascii"))
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"it holds {len(secret)} bytes instead of {SECRET_BYTES}")
        return secret

    def clear(self) -> None:
        """Removes the database; raises DataFolderUnusable while another process has it open."""
        if not self.database.exists():
            return
        try:
            with closing(sqlite3.connect(self.database, timeout=0)) as connection:
                # Leaving the write-ahead log needs the file for oneself.
                connection.execute("PRAGMA journal_mode=DELETE")
            self.database.unlink()
        except (OSError, sqlite3.Error) as error:
            raise DataFolderUnusable(
                f"the database {self.database} cannot be replaced ({error}); "
                f"stop the program that uses it, and start again"
            ) from error
