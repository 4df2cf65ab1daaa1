"""PostgreSQL: the engines of one server, and its connections as requests and transactions get them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tabard.storage.completion import completed, ended
from tabard.storage.door import install_door
from tabard.storage.lending import Lending
from tabard.storage.options import StorageOptions
from tabard.storage.postgres_connections import SETTLE_SECONDS, PostgresConnection
from tabard.storage.pulse import Pulse
from tabard.storage.scope import Scope
from tabard.storage.statements import Statements
from tabard.storage.tables import Tables
from tabard.storage.transaction import begun
from tabard.storage.wakeups import PostgresWakeups

STATEMENTS_PER_CONNECTION: Final = 500
NEW: Final = "tabard.is_new"


class PostgresStorage:
    """The engines of one PostgreSQL database."""

    dialect = "postgresql"
    snapshot_command = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: sa.URL, tables: Tables, options: StorageOptions) -> None:
        self._security = options.row_level_security
        self._timeout = options.statement_timeout
        self._lines: WeakSet[Any] = WeakSet()
        self._writer = self._engine(url, options, options.pool_size, overflow=0)
        install_door(self._writer, tables)
        self.statements = Statements(self._writer.dialect)
        self._lending: Lending[PostgresConnection] = Lending(options.pool_size, options.pool_wait)
        self._system = self._engine(url, options)
        self.wakeups = PostgresWakeups(self._engine(url, options))
        # On a line of its own: to wait for others of this process would say nothing of the server.
        self._pulsing = self._engine(url, options, overflow=0).execution_options(isolation_level="AUTOCOMMIT")
        self._pulse = Pulse(self._beat, self._cut)

    def watch(self) -> None:
        """Begins to notice when the server does not answer."""
        self._pulse.start()

    @property
    def is_lost(self) -> bool:
        """Whether the server does not answer now."""
        return self._pulse.is_lost

    async def _beat(self) -> None:
        async with self._pulsing.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")

    def _cut(self) -> None:
        """Ends every connection; who waits for an answer on one learns that there will be none."""
        for line in list(self._lines):
            line.terminate()

    def _engine(
        self, url: sa.URL, options: StorageOptions, pool_size: int = 1, overflow: int = 1
    ) -> AsyncEngine:
        timeout = str(int(options.statement_timeout * 1000))
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=overflow,
            pool_timeout=options.pool_wait,
            pool_pre_ping=False,
            connect_args={
                "timeout": options.connect_timeout,
                # A line that is dead, and that nobody has cut, says nothing of what the server has ended.
                "command_timeout": options.statement_timeout + SETTLE_SECONDS,
                "statement_cache_size": STATEMENTS_PER_CONNECTION,
                "server_settings": {
                    "statement_timeout": timeout,
                    "timezone": "UTC",
                    "application_name": "tabard",
                    # A client that died is noticed while its statement runs.
                    "client_connection_check_interval": "1000",
                },
            },
        )

        # Known before anything is said on it, so that it can be cut when that has no answer.
        @sa.event.listens_for(engine.sync_engine, "connect", insert=True)
        def note(connection: Any, record: Any) -> None:
            self._lines.add(connection.driver_connection)
            record.info[NEW] = True

        @sa.event.listens_for(engine.sync_engine, "checkout")
        def renew(connection: Any, record: Any, _: object) -> None:
            is_new = record.info.pop(NEW, False)
            # The driver knows that the server has closed it; asking would cost a round trip each time.
            if not connection.driver_connection.is_closed():
                return
            if is_new:
                # As a server does that is about to stop; the pool itself would blame whoever uses it.
                raise sa.exc.OperationalError("connect", None, ConnectionResetError("closed at once"))
            raise sa.exc.DisconnectionError("the server closed the connection while it was idle")

        return engine

    async def connect(self, scope: Scope) -> PostgresConnection:
        self._pulse.require()
        await self._lending.enter()
        try:
            connection = await self._idle() or PostgresConnection(
                await self._writer.raw_connection(), self._timeout, self._lending
            )
        except BaseException:
            self._lending.leave()
            raise
        if self._security:
            await self._secure(connection, scope)
        return connection

    async def _idle(self) -> PostgresConnection | None:
        """An idle connection that the server, as far as the driver knows, has not closed meanwhile."""
        while (connection := self._lending.idle()) is not None and connection.is_closed:
            await completed(connection.drop())
        return connection

    async def _secure(self, connection: PostgresConnection, scope: Scope) -> None:
        try:
            await connection.act_for(scope.portal_id)
        except BaseException:
            await ended(connection.close())
            raise

    async def begin(self, scope: Scope) -> PostgresConnection:
        """A connection for the scope, inside a transaction."""
        return await begun(await self.connect(scope))

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncConnection]:
        self._pulse.require()
        async with self._system.begin() as connection:
            yield connection

    @property
    def checked_out(self) -> int:
        """How many connections are in use."""
        return self._lending.in_use

    async def close(self) -> None:
        if self.is_lost:
            self._cut()
        await self._pulse.stop()
        await self.wakeups.close()
        self._lending.close()
        await self._writer.dispose()
        await self._system.dispose()
        await self._pulsing.dispose()
