"""SQLite: one writer in the process, and read-only connections used in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from tabard.storage.completion import completed
from tabard.storage.door import install_door
from tabard.storage.lending import Lending, in_time
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.sqlite_connections import SqliteConnection, SqliteTransaction, on_thread
from tabard.storage.statements import Statements
from tabard.storage.tables import Tables
from tabard.storage.transaction import begun
from tabard.storage.wakeups import SqliteWakeups
from tabard.turns import Turns

READ_BUSY_MS = 50
WRITE_BUSY_MS = 5000
READERS = 64
STATEMENTS_PER_CONNECTION = 500
WRITING: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


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
        self._writer = _writer_engine(url)
        install_door(self._writer, tables)
        self._writing: PoolProxiedConnection | None = None
        self._thread = ThreadPoolExecutor(1, "tabard-writer")
        self._system = _system_engine(url)
        self.wakeups = SqliteWakeups(str(url.database))
        self._turn = Turns()
        self._lending: Lending[SqliteConnection] = Lending(READERS, options.pool_wait)

    async def connect(self, scope: Scope) -> SqliteConnection:
        await self._lending.enter()
        try:
            return self._lending.idle() or SqliteConnection(
                self._reader.raw_connection(), self._options.statement_timeout, self._lending.give_back
            )
        except BaseException:
            self._lending.leave()
            raise

    async def begin(self, scope: Scope) -> SqliteTransaction:
        """A transaction that has begun, the only one until it is closed."""
        await self._take_turn()
        try:
            connection = self._writing
            if connection is None:
                connection = await completed(on_thread(self._thread, self._open))
            transaction = SqliteTransaction(
                connection, self._options.statement_timeout, self._give_turn, self._thread, WRITE_BUSY_MS
            )
        except BaseException:
            self._turn.leave()
            raise
        return await begun(transaction)

    def _give_turn(self, _: SqliteConnection) -> None:
        self._turn.leave()

    def _open(self) -> PoolProxiedConnection:
        """The writer's connection; kept here, so that whoever is cut off while it is opened does not lose it."""
        self._writing = self._writer.raw_connection()
        return self._writing

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), _whole(self._system) as connection:
            yield connection

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        await self._take_turn()
        try:
            yield
        finally:
            self._turn.leave()

    async def _take_turn(self) -> None:
        """The writer's turn; whoever waits for it has no longer than the one who waits for the file."""
        if not self._turn.take():
            await in_time(self._turn, WRITE_BUSY_MS / 1000, "the writer did not come free")

    def watch(self) -> None:
        """Nothing: a file does not stop answering, and each statement has its own end."""

    @property
    def checked_out(self) -> int:
        """How many read connections are in use."""
        return self._lending.in_use

    async def close(self) -> None:
        await self.wakeups.close()
        self._lending.close()
        self._reader.dispose()
        await asyncio.to_thread(self._thread.shutdown)
        if self._writing is not None:
            self._writing.close()
        self._writer.dispose()
        await self._system.dispose()


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
    return _engine(url, READERS, f"busy_timeout={READ_BUSY_MS}", "query_only=ON", "foreign_keys=ON")


def _writer_engine(url: sa.URL) -> sa.Engine:
    # What has to wait for the file says so itself; in the event loop nothing may.
    return _engine(url, 1, f"busy_timeout={WRITE_BUSY_MS}", *WRITING, "busy_timeout=0")


def _engine(url: sa.URL, size: int, *pragmas: str) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="sqlite"),
        hide_parameters=True,
        connect_args={"check_same_thread": False, "cached_statements": STATEMENTS_PER_CONNECTION},
        poolclass=sa.QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return=None,
    )
    _prepare(engine, pragmas)
    return engine


def _system_engine(url: sa.URL) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), hide_parameters=True, pool_size=1, max_overflow=0
    )
    _prepare(engine.sync_engine, (*WRITING, f"busy_timeout={WRITE_BUSY_MS}"))

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _prepare(engine: sa.Engine, pragmas: Sequence[str]) -> None:
    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # What begins says so itself; the driver must not begin, or BEGIN IMMEDIATE comes too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
