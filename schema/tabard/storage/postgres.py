"""PostgreSQL: pooled connections through asyncpg, reads in autocommit, row-level security on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, cast
from weakref import WeakSet

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from tabard.storage.completion import completed
from tabard.storage.door import install_door
from tabard.storage.faults import too_slow
from tabard.storage.joining import joined
from tabard.storage.lending import Lending
from tabard.storage.options import StorageOptions
from tabard.storage.pulse import Pulse
from tabard.storage.scope import Scope
from tabard.storage.session import Horizon
from tabard.storage.statements import Statements
from tabard.storage.tables import Tables
from tabard.storage.wakeups import PostgresWakeups
from tabard.storage.writes import Change

PORTAL_VARIABLE = "tabard.portal_id"
STATEMENTS_PER_CONNECTION: Final = 500
SETTLE_SECONDS: Final = 1.0
NEW: Final = "tabard.is_new"
# What the driver raises of a statement: the server's errors, its own, and that it does not understand the server.
GIVEN_UP: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_RUNNING = (
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s"
)
_SET_PORTAL = f"SELECT set_config('{PORTAL_VARIABLE}', $1, false)"


class PostgresConnection:
    """A connection that reads in autocommit, each statement its own snapshot, or changes in a transaction."""

    def __init__(
        self, pooled: PoolProxiedConnection, timeout: float, lending: Lending[PostgresConnection]
    ) -> None:
        self.pooled = pooled
        self.portal_id: int | None = None
        self._lending = lending
        self._timeout = timeout
        self._driver: Any = pooled.driver_connection
        self._is_in_transaction = False
        self.is_busy = False

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        # The server itself ends what takes longer than a statement may.
        timeout = left if left is not None and left < self._timeout else None
        with _Running(self, text):
            return cast("Sequence[Any]", await self._driver.fetch(text, *values, timeout=timeout))

    async def run(self, changes: Sequence[Change], *, is_bounded: bool) -> int:
        changed = 0
        for text, rows in joined(changes):
            with _Running(self, text):
                if len(rows) > 1:
                    await self._driver.executemany(text, rows)
                    continue
                status = await self._driver.execute(text, *rows[0])
            changed = int(status.rpartition(" ")[2])
        return changed

    async def command(self, text: str) -> None:
        self._is_in_transaction = True
        with _Running(self, text):
            await self._driver.execute(text)
        self._is_in_transaction = text != "COMMIT"

    async def commit(self) -> None:
        await self.command("COMMIT")

    async def horizon(self) -> Horizon:
        with _Running(self, _RUNNING):
            return Horizon(*await self._driver.fetchrow(_RUNNING))

    async def act_for(self, portal_id: int) -> None:
        """Sets the portal that row-level security goes by; it outlives the request."""
        if self.portal_id != portal_id:
            # Forgotten first: a cancelled change may have happened or not.
            self.portal_id = None
            await self.fetch(_SET_PORTAL, [str(portal_id)], is_bounded=True, left=None)
            self.portal_id = portal_id

    @property
    def is_closed(self) -> bool:
        """Whether it is known to have ended."""
        return bool(self._driver.is_closed())

    def close(self) -> Coroutine[Any, Any, None] | None:
        if self.is_busy or self._is_in_transaction or self.is_closed:
            return self._end()
        self._lending.give_back(self)
        return None

    async def _end(self) -> None:
        if not self.is_closed:
            await self._settle()
        if self.is_closed:
            try:
                await self.drop()
            finally:
                self._lending.leave()
        else:
            self._is_in_transaction = self.is_busy = False
            self._lending.give_back(self)

    async def drop(self) -> None:
        """Lets the pool know that it has ended."""
        await greenlet_spawn(self.pooled.invalidate)

    async def _settle(self) -> None:
        """Waits until the server has let go of a statement that was cut off, and of a transaction."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._driver.execute("ROLLBACK")
        except (*GIVEN_UP, OSError):
            self._driver.terminate()


class _Running:
    """Inside, a statement runs on the connection, which is busy as long as it is not known to have ended."""

    __slots__ = ("_connection", "_text")

    def __init__(self, connection: PostgresConnection, text: str) -> None:
        self._connection = connection
        self._text = text

    def __enter__(self) -> None:
        self._connection.is_busy = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, TimeoutError):
            raise too_slow() from error
        if error is not None and not isinstance(error, GIVEN_UP):
            return
        self._connection.is_busy = False
        if error is not None:
            raise _kind(error)(self._text, None, error) from error


def _kind(error: Exception) -> type[sa.exc.DBAPIError]:
    """As what SQLAlchemy knows an error of the driver."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return sa.exc.IntegrityError
    is_ours = isinstance(error, asyncpg.PostgresError | asyncpg.DataError)
    return sa.exc.DBAPIError if is_ours else sa.exc.InterfaceError


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
            if (ending := connection.close()) is not None:
                await completed(ending)
            raise

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[PostgresConnection]:
        connection = await self.connect(scope)
        try:
            await connection.command("BEGIN")
            yield connection
        finally:
            if (ending := connection.close()) is not None:
                await completed(ending)

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
