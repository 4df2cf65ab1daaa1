"""PostgreSQL: pooled connections through asyncpg, reads in autocommit, row-level security on request."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
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

    def __init__(self, pooled: PoolProxiedConnection, timeout: float) -> None:
        self._pooled = pooled
        self._timeout = timeout
        self._driver: Any = pooled.driver_connection
        self._is_in_transaction = False
        self._is_busy = False

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        # The server itself ends what takes longer than a statement may.
        timeout = left if left is not None and left < self._timeout else None
        with self._running(text):
            return cast("Sequence[Any]", await self._driver.fetch(text, *values, timeout=timeout))

    async def run(self, changes: Sequence[Change]) -> int:
        changed = 0
        for write, rows in changes:
            with self._running(write.text):
                if len(rows) > 1:
                    await self._driver.executemany(write.text, rows)
                    continue
                status = await self._driver.execute(write.text, *rows[0])
            changed = int(status.rpartition(" ")[2])
        return changed

    async def command(self, text: str) -> None:
        self._is_in_transaction = True
        with self._running(text):
            await self._driver.execute(text)
        self._is_in_transaction = text != "COMMIT"

    async def commit(self, changes: Sequence[Change]) -> None:
        await self.run(changes)
        await self.command("COMMIT")

    async def horizon(self) -> Horizon:
        with self._running(_RUNNING):
            return Horizon(*await self._driver.fetchrow(_RUNNING))

    def close(self) -> Coroutine[Any, Any, None] | None:
        if self._is_busy or self._is_in_transaction or self._driver.is_closed():
            return self._end()
        self._pooled.close()
        return None

    async def _end(self) -> None:
        if not self._driver.is_closed():
            await self._settle()
        if self._driver.is_closed():
            await greenlet_spawn(self._pooled.invalidate)
        else:
            self._pooled.close()

    @contextmanager
    def _running(self, text: str) -> Iterator[None]:
        self._is_busy = True
        try:
            yield
        except TimeoutError as error:
            raise too_slow() from error
        except GIVEN_UP as error:
            self._is_busy = False
            raise _kind(error)(text, None, error) from error
        self._is_busy = False

    async def _settle(self) -> None:
        """Waits until the server has let go of a statement that was cut off, and of a transaction."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._driver.execute("ROLLBACK")
        except (*GIVEN_UP, OSError):
            self._driver.terminate()


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
        pooled = await self._writer.raw_connection()
        try:
            await self._secure(pooled, scope)
        except BaseException:
            pooled.close()
            raise
        return PostgresConnection(pooled, self._timeout)

    async def _secure(self, pooled: PoolProxiedConnection, scope: Scope) -> None:
        if not self._security:
            return
        # The variable outlives the checkout, so only a connection that changes portal pays for it.
        if pooled.info.get(PORTAL_VARIABLE) != scope.portal_id:
            # Forgotten first: a cancelled change may have happened or not.
            pooled.info.pop(PORTAL_VARIABLE, None)
            driver: Any = pooled.driver_connection
            await driver.execute(_SET_PORTAL, str(scope.portal_id))
            pooled.info[PORTAL_VARIABLE] = scope.portal_id

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
        return int(self._writer.pool.checkedout())  # type: ignore[attr-defined]

    async def close(self) -> None:
        if self.is_lost:
            self._cut()
        await self._pulse.stop()
        await self.wakeups.close()
        await self._writer.dispose()
        await self._system.dispose()
