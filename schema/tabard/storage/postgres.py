"""PostgreSQL: pooled connections through asyncpg, reads in autocommit, row-level security on request."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tabard.storage.door import install_door
from tabard.storage.options import StorageOptions
from tabard.storage.pulse import Pulse
from tabard.storage.scope import Scope
from tabard.storage.session import Rows, Statement
from tabard.storage.tables import Tables
from tabard.storage.wakeups import PostgresWakeups

PORTAL_VARIABLE = "tabard.portal_id"
_OLDEST_RUNNING = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_SET_PORTAL = f"SELECT set_config('{PORTAL_VARIABLE}', $1, false)"


class PostgresConnection:
    """A connection that reads in autocommit: each statement is its own snapshot."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any], *, is_bounded: bool) -> Rows:
        return (await self._connection.execute(statement, parameters)).all()

    async def command(self, text: str) -> None:
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.execute(text)

    async def horizon(self) -> int:
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        return int(await driver.fetchval(_OLDEST_RUNNING))

    async def close(self) -> None:
        await self._connection.close()


class PostgresStorage:
    """The engines of one PostgreSQL database."""

    dialect = "postgresql"
    snapshot_command = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: sa.URL, tables: Tables, options: StorageOptions) -> None:
        self._security = options.row_level_security
        self._lines: WeakSet[Any] = WeakSet()
        self._writer = self._engine(url, options, pool_size=options.pool_size)
        install_door(self._writer, tables)
        self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._system = self._engine(url, options, pool_size=1)
        self.wakeups = PostgresWakeups(self._engine(url, options, pool_size=1))
        self._pulsing = self._system.execution_options(isolation_level="AUTOCOMMIT")
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

    def _engine(self, url: sa.URL, options: StorageOptions, pool_size: int) -> AsyncEngine:
        timeout = str(int(options.statement_timeout * 1000))
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0 if pool_size > 1 else 1,
            pool_timeout=options.pool_wait,
            pool_pre_ping=False,
            connect_args={
                "timeout": options.connect_timeout,
                "server_settings": {
                    "statement_timeout": timeout,
                    "timezone": "UTC",
                    "application_name": "tabard",
                    # A client that died is noticed while its statement runs.
                    "client_connection_check_interval": "1000",
                },
            },
        )

        @sa.event.listens_for(engine.sync_engine, "connect")
        def note(connection: Any, _: object) -> None:
            self._lines.add(connection.driver_connection)

        @sa.event.listens_for(engine.sync_engine, "checkout")
        def renew(connection: Any, _: object, __: object) -> None:
            # The driver knows that the server has closed it; asking would cost a round trip each time.
            if connection.driver_connection.is_closed():
                raise sa.exc.DisconnectionError("the server closed the connection while it was idle")

        return engine

    async def connect(self, scope: Scope) -> PostgresConnection:
        self._pulse.require()
        connection = await self._reader.connect()
        try:
            await self._secure(connection, scope)
        except BaseException:
            await connection.close()
            raise
        return PostgresConnection(connection)

    async def _secure(self, connection: AsyncConnection, scope: Scope) -> None:
        if not self._security:
            return
        raw = await connection.get_raw_connection()
        # The variable outlives the checkout, so only a connection that changes portal pays for it.
        if raw.info.get(PORTAL_VARIABLE) != scope.portal_id:
            driver: Any = raw.driver_connection
            await driver.execute(_SET_PORTAL, str(scope.portal_id))
            raw.info[PORTAL_VARIABLE] = scope.portal_id

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        self._pulse.require()
        async with self._writer.connect() as connection:
            await self._secure(connection, scope)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncConnection]:
        self._pulse.require()
        async with self._system.begin() as connection:
            yield connection

    @property
    def checked_out(self) -> int:
        """How many connections are in use."""
        return int(self._writer.pool.checkedout())  # type: ignore[attr-defined]

    async def close(self) -> None:
        self._pulse.stop()
        if self.is_lost:
            self._cut()
        await self.wakeups.close()
        await self._writer.dispose()
        await self._system.dispose()
