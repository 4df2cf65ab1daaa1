"""Database: the one way to rows; everything but a named system scope goes through the door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.storage.completion import completed
from tabard.storage.faults import translated
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

    @asynccontextmanager
    async def writing(self, scope: Scope) -> AsyncIterator[WriteSession]:
        """A transaction for the portal: commits at the end, rolls back when anything is raised."""
        with translated():
            async with self._storage.transaction(scope) as connection:
                session = WriteSession(connection, self._storage.statements, scope)
                try:
                    yield session
                    # Past this point a cancelled caller does not undo the change: it is committed, and the
                    # idempotency key tells its outcome.
                    await completed(self._commit(session))
                finally:
                    session.end()

    async def _commit(self, session: WriteSession) -> None:
        await session.commit()
        if session.has_events:
            self.wakeups.announce(session.scope.portal_id)

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
