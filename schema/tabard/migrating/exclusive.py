"""Exclusive: the connection that migrates a database, while no other process or task does."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tabard.errors import DatabaseNotReady
from tabard.migrating.opening import connect

LOCK: Final = int.from_bytes(b"tabard")
PAUSE: Final = 0.05
# Alembic's `op` is one for the process, so a process migrates one database at a time.
_process = threading.Lock()


@dataclass(frozen=True)
class Waiting:
    """Seconds: how long to wait for another process that migrates, and for a lock on one table."""

    patience: float = 60.0
    lock_timeout: float = 3.0


@asynccontextmanager
async def exclusive(url: sa.URL, waiting: Waiting) -> AsyncIterator[AsyncConnection]:
    """A connection past the door on which migrations run; raises DatabaseNotReady when it cannot be had."""
    engine = (_sqlite if url.get_backend_name() == "sqlite" else _postgres)(url, waiting)
    until = time.monotonic() + waiting.patience
    while not _process.acquire(blocking=False):
        await _pause(until)
    try:
        connection = await _connected(engine, until)
        try:
            await _lock(connection, until)
            yield connection
        finally:
            await connection.close()
    except sa.exc.OperationalError as error:
        raise _busy() if _is_locked(error) else error from error
    finally:
        _process.release()
        await engine.dispose()


def _postgres(url: sa.URL, waiting: Waiting) -> AsyncEngine:
    settings = {
        "application_name": "tabard migrate",
        "lock_timeout": str(int(waiting.lock_timeout * 1000)),
        "statement_timeout": "0",
        "timezone": "UTC",
    }
    return create_async_engine(url, poolclass=sa.NullPool, connect_args={"server_settings": settings})


def _sqlite(url: sa.URL, waiting: Waiting) -> AsyncEngine:
    engine = create_async_engine(url, poolclass=sa.NullPool)
    # A table that is rebuilt is dropped on the way; foreign keys would delete what refers to its rows.
    pragmas = (
        f"busy_timeout={int(waiting.patience * 1000)}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=OFF",
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # SQLAlchemy begins; the driver must not begin by itself, or BEGIN IMMEDIATE comes too late.
        connection.isolation_level = None
        try:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()
            raise

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _connected(engine: AsyncEngine, until: float) -> AsyncConnection:
    while True:
        try:
            return await connect(engine)
        except DatabaseNotReady as refusal:
            # A change of the journal's mode does not wait for other processes by itself.
            if not _is_locked(refusal.__cause__):
                raise
        await _pause(until)


async def _lock(connection: AsyncConnection, until: float) -> None:
    """Takes PostgreSQL's lock for the session; on SQLite each transaction takes the file's."""
    if connection.dialect.name != "postgresql":
        return
    # Asking again and again leaves no snapshot open, which CREATE INDEX CONCURRENTLY would wait for.
    while not await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
        await connection.rollback()
        await _pause(until)
    await connection.rollback()


async def _pause(until: float) -> None:
    if time.monotonic() > until:
        raise _busy()
    await asyncio.sleep(PAUSE)


def _is_locked(error: BaseException | None) -> bool:
    return "database is locked" in str(error)


def _busy() -> DatabaseNotReady:
    return DatabaseNotReady(
        "another process is changing this database and does not finish; wait for it, then migrate again"
    )
