"""Database: the one way to rows; everything but a named system scope goes through the door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.storage.completion import completed, ended
from tabard.storage.faults import retold, translated
from tabard.storage.options import StorageOptions
from tabard.storage.postgres import PostgresStorage
from tabard.storage.scope import Scope
from tabard.storage.session import ReadSession
from tabard.storage.sqlite import SqliteStorage
from tabard.storage.tables import Tables
from tabard.storage.transaction import WriteSession
from tabard.storage.urls import database_url
from tabard.storage.wakeups import Wakeups

log = structlog.get_logger("tabard.storage")


class Writing:
    """A transaction while it lasts: `async with` gives its session."""

    def __init__(self, storage: SqliteStorage | PostgresStorage, scope: Scope) -> None:
        self._storage = storage
        self._scope = scope

    async def __aenter__(self) -> WriteSession:
        with translated():
            self._connection = await self._storage.begin(self._scope)
        self._session = WriteSession(self._connection, self._storage.statements, self._scope)
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with translated():
            try:
                if error is None:
                    # From here on a cancelled caller does not undo the change: it is committed, and the
                    # idempotency key tells its outcome.
                    await completed(self._commit())
            finally:
                self._session.end()
                await ended(self._connection.close())
        if error is not None:
            retold(error)

    async def _commit(self) -> None:
        await self._session.commit()
        if self._session.has_events:
            self._storage.wakeups.announce(self._scope.portal_id)


class Database:
    """A database of either kind, opened for the tables of one assembled graph."""

    def __init__(self, url: str, tables: Tables, options: StorageOptions | None = None) -> None:
        self.url = database_url(url)
        self.tables = tables
        options = options or StorageOptions()
        kind = SqliteStorage if self.url.get_backend_name() == "sqlite" else PostgresStorage
        self._storage: SqliteStorage | PostgresStorage = kind(self.url, tables, options)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._storage.dialect

    def watch(self) -> None:
        """Begins to notice when the database does not answer, so that nobody waits in vain; for servers."""
        self._storage.watch()

    @property
    def is_lost(self) -> bool:
        """Whether the database does not answer now."""
        return self._storage.is_lost

    def reading(self, scope: Scope) -> ReadSession:
        """A session for the reads of one request; close it."""
        return ReadSession(self._storage, scope)

    def writing(self, scope: Scope) -> Writing:
        """A transaction for the portal: commits at the end, rolls back when anything is raised."""
        return Writing(self._storage, scope)

    @property
    def wakeups(self) -> Wakeups:
        """Who is told that events were committed."""
        return self._storage.wakeups

    @asynccontextmanager
    async def system(self, reason: str) -> AsyncIterator[AsyncConnection]:
        """A transaction past the door, across portals; `reason` names the scope in the log."""
        log.info("system scope", reason=reason)
        with translated():
            async with self._storage.system() as connection:
                yield connection

    @property
    def checked_out(self) -> int:
        """Connections in use now."""
        return self._storage.checked_out

    async def close(self) -> None:
        """Closes all connections."""
        await self._storage.close()
