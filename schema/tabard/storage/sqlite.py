"""SQLite: one writer in the process, and read-only connections used in the event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tabard.storage.door import install_door
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.session import Rows, Statement
from tabard.storage.tables import Tables
from tabard.storage.wakeups import SqliteWakeups

READ_BUSY_MS = 50
WRITE_BUSY_MS = 5000
READERS = 64
INSTRUCTIONS_BETWEEN_CHECKS = 20_000


class SqliteConnection:
    """A read-only connection: bounded reads run in the loop, which is cheaper than a thread for them."""

    def __init__(self, connection: sa.Connection, timeout: float, places: asyncio.Semaphore) -> None:
        self._connection = connection
        self._timeout = timeout
        self._places = places

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any], *, is_bounded: bool) -> Rows:
        if is_bounded:
            return self._rows(statement, parameters)
        return await asyncio.to_thread(self._rows, statement, parameters)

    def _rows(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        raw: Any = self._connection.connection.driver_connection
        deadline = time.monotonic() + self._timeout
        raw.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS_BETWEEN_CHECKS)
        return self._connection.execute(statement, parameters).all()

    async def command(self, text: str) -> None:
        self._connection.exec_driver_sql(text)

    async def horizon(self) -> None:
        return None

    async def close(self) -> None:
        self._connection.close()
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
            return SqliteConnection(self._reader.connect(), self._options.statement_timeout, self._places)
        except BaseException:
            self._places.release()
            raise

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), self._system.begin() as connection:
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


def _read_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="sqlite"),
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False},
        poolclass=sa.QueuePool,
        pool_size=READERS,
        max_overflow=0,
        pool_reset_on_return=None,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
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
