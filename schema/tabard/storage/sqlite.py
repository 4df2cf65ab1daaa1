"""SQLite: one writer in the process, and read-only connections used in the event loop."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from tabard.storage.completion import completed
from tabard.storage.door import install_door
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.statements import Statements
from tabard.storage.tables import Tables
from tabard.storage.wakeups import SqliteWakeups

READ_BUSY_MS = 50
WRITE_BUSY_MS = 5000
READERS = 64
STATEMENTS_PER_CONNECTION = 500
INSTRUCTIONS_BETWEEN_CHECKS = 20_000
LOOP_SECONDS = 0.1


class SqliteConnection:
    """A read-only connection: bounded reads run in the loop, which is cheaper than a thread for them.

    One that turns out to be long is begun anew on a thread: it must not hold the loop, and a loop that is
    held would notice neither the end of a request nor that its client has gone.
    """

    def __init__(self, pooled: PoolProxiedConnection, timeout: float, places: asyncio.Semaphore) -> None:
        self._pooled = pooled
        self._driver: Any = pooled.driver_connection
        self._timeout = timeout
        self._places = places
        self._reading: asyncio.Future[Sequence[Any]] | None = None
        self._is_cut = False

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        now = time.monotonic()
        end = now + (self._timeout if left is None else min(left, self._timeout))
        if is_bounded:
            try:
                return self._rows(text, values, min(end, now + LOOP_SECONDS))
            except sa.exc.OperationalError as error:
                if not _is_interrupted(error):
                    raise
        return await self._on_thread(text, values, end)

    async def _on_thread(self, text: str, values: Sequence[Any], end: float) -> Sequence[Any]:
        self._reading = asyncio.ensure_future(asyncio.to_thread(self._rows, text, values, end))
        try:
            return await asyncio.shield(self._reading)
        except asyncio.CancelledError:
            await self._cut(self._reading)
            raise

    async def _cut(self, reading: asyncio.Future[Sequence[Any]]) -> None:
        """The thread must have left the connection before another request gets it."""
        # A statement that has not begun yet would miss the interruption.
        self._is_cut = True
        self._driver.interrupt()
        with suppress(sa.exc.DBAPIError):
            await completed(reading)
        self._is_cut = False

    def _rows(self, text: str, values: Sequence[Any], end: float) -> Sequence[Any]:
        self._driver.set_progress_handler(
            lambda: self._is_cut or time.monotonic() > end, INSTRUCTIONS_BETWEEN_CHECKS
        )
        try:
            return cast("Sequence[Any]", self._driver.execute(text, values).fetchall())
        except sqlite3.OperationalError as error:
            raise sa.exc.OperationalError(text, None, error) from error
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError(text, None, error) from error

    async def command(self, text: str) -> None:
        self._rows(text, (), time.monotonic() + self._timeout)

    async def horizon(self) -> None:
        return None

    async def close(self) -> None:
        try:
            if self._reading is not None and not self._reading.done():
                await self._cut(self._reading)
            if self._driver.in_transaction:
                self._driver.rollback()
        finally:
            self._pooled.close()
            self._places.release()


class SqliteStorage:
    """The engines of one SQLite file."""

    dialect = "sqlite"
    snapshot_command = "BEGIN"
    is_lost = False

    def __init__(self, url: sa.URL, tables: Tables, options: StorageOptions) -> None:
        self._options = options
        self._reader = _read_engine(url)
        install_door(self._reader, tables)
        self.statements = Statements(self._reader.dialect)
        self._writer = _write_engine(url)
        install_door(self._writer, tables)
        self._system = _write_engine(url)
        self.wakeups = SqliteWakeups(str(url.database))
        self._turn = asyncio.Lock()
        # The pool would block the loop when it is empty; waiting here does not.
        self._places = asyncio.Semaphore(READERS)

    async def connect(self, scope: Scope) -> SqliteConnection:
        try:
            async with asyncio.timeout(self._options.pool_wait):
                await self._places.acquire()
        except TimeoutError as error:
            raise sa.exc.TimeoutError("no read connection came free") from error
        try:
            return SqliteConnection(
                self._reader.raw_connection(), self._options.statement_timeout, self._places
            )
        except BaseException:
            self._places.release()
            raise

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), _whole(self._writer) as connection:
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), _whole(self._system) as connection:
            yield connection

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """The writer's turn; whoever waits for it has no longer than the one who waits for the file."""
        try:
            async with asyncio.timeout(WRITE_BUSY_MS / 1000):
                await self._turn.acquire()
        except TimeoutError as error:
            raise sa.exc.TimeoutError("the writer did not come free") from error
        try:
            yield
        finally:
            self._turn.release()

    def watch(self) -> None:
        """Nothing: a file does not stop answering, and each statement has its own end."""

    @property
    def checked_out(self) -> int:
        """How many read connections are in use."""
        return int(self._reader.pool.checkedout())  # type: ignore[attr-defined]

    async def close(self) -> None:
        await self.wakeups.close()
        self._reader.dispose()
        await self._writer.dispose()
        await self._system.dispose()


def _is_interrupted(error: sa.exc.OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


@asynccontextmanager
async def _whole(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that is begun and ended whole: cut off within either it would leave the file locked."""
    connection = engine.connect()
    try:
        await completed(_begin(connection))
        yield connection
        if connection.in_transaction():
            await completed(connection.commit())
    finally:
        if connection.sync_connection is not None:
            await completed(connection.close())


async def _begin(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin()


def _read_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="sqlite"),
        hide_parameters=True,
        connect_args={"check_same_thread": False, "cached_statements": STATEMENTS_PER_CONNECTION},
        poolclass=sa.QueuePool,
        pool_size=READERS,
        max_overflow=0,
        pool_reset_on_return=None,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={READ_BUSY_MS}", "query_only=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _write_engine(url: sa.URL) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), hide_parameters=True, pool_size=1, max_overflow=0
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # SQLAlchemy begins; the driver must not begin by itself, or BEGIN IMMEDIATE comes too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={WRITE_BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
