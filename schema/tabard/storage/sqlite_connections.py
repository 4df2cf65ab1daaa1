"""SQLite connections: of a request that reads in the event loop, and of the one transaction that writes."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection

from tabard.ends import outcome
from tabard.storage.completion import completed
from tabard.storage.writes import Change

T = TypeVar("T")
INSTRUCTIONS_BETWEEN_CHECKS: Final = 20_000
LOOP_SECONDS: Final = 0.1
LOOP_ROWS: Final = 50
BEGIN: Final = "BEGIN IMMEDIATE"
BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteConnection:
    """A connection that reads: bounded reads run in the loop, which is cheaper than a thread for them.

    One that turns out to be long is begun anew on a thread: it must not hold the loop, and a loop that is
    held would notice neither the end of a request nor that its client has gone.
    """

    def __init__(
        self,
        pooled: PoolProxiedConnection,
        timeout: float,
        give_back: Callable[[SqliteConnection], None],
    ) -> None:
        self.pooled = pooled
        self._driver = cast(Any, pooled.driver_connection)
        self._timeout = timeout
        self._give_back = give_back
        self._reading: asyncio.Future[Sequence[Any]] | None = None
        self._is_cut = False
        self._until = math.inf
        self._driver.set_progress_handler(self._is_over, INSTRUCTIONS_BETWEEN_CHECKS)

    def _is_over(self) -> bool:
        """Whether what the connection executes has to stop."""
        return self._is_cut or time.monotonic() > self._until

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        now = time.monotonic()
        end = now + (self._timeout if left is None else min(left, self._timeout))
        if is_bounded:
            try:
                return self._rows(text, values, min(end, now + LOOP_SECONDS))
            except sa.exc.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_INTERRUPT:
                    raise
        return await self._on_thread(text, values, end)

    async def _on_thread(self, text: str, values: Sequence[Any], end: float) -> Sequence[Any]:
        self._reading = asyncio.ensure_future(asyncio.to_thread(outcome, self._rows, text, values, end))
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
        try:
            with suppress(sa.exc.DBAPIError):
                await completed(reading)
        finally:
            self._is_cut = False

    def _rows(self, text: str, values: Sequence[Any], end: float) -> Sequence[Any]:
        self._until = end
        try:
            rows: Sequence[Any] = self._driver.execute(text, values).fetchall()
            return rows
        except sqlite3.Error as error:
            raise _known(error, text) from error

    async def command(self, text: str) -> None:
        self._rows(text, (), time.monotonic() + self._timeout)

    async def horizon(self) -> None:
        return None

    def close(self) -> Coroutine[Any, Any, None] | None:
        if self._driver.in_transaction or (self._reading is not None and not self._reading.done()):
            return self._end()
        self._give_back(self)
        return None

    async def _end(self) -> None:
        try:
            if self._reading is not None and not self._reading.done():
                await self._cut(self._reading)
            if self._driver.in_transaction:
                await self._undo()
        finally:
            self._give_back(self)

    async def _undo(self) -> None:
        self._driver.rollback()


class SqliteTransaction(SqliteConnection):
    """The writer's connection: what reads or changes a little runs in the loop, the rest on the writer's thread.

    A change writes to memory; only the commit waits for the disk. Whatever is begun on the thread is waited for:
    cut off it would leave the transaction open and the file locked.
    """

    def __init__(
        self,
        pooled: PoolProxiedConnection,
        timeout: float,
        give_back: Callable[[SqliteConnection], None],
        thread: ThreadPoolExecutor,
        patience: int,
    ) -> None:
        super().__init__(pooled, timeout, give_back)
        self._thread = thread
        self._patience = patience

    async def begin(self) -> None:
        """Begins at once, or waits on the thread while another process changes the file."""
        try:
            _control(self._driver, BEGIN)
        except sa.exc.OperationalError as error:
            if _code(error) not in BUSY:
                raise
            await self._alone(_begin_patiently, self._patience)

    async def run(self, changes: Sequence[Change], *, is_bounded: bool) -> int:
        if is_bounded and sum(len(rows) for _, rows in changes) <= LOOP_ROWS:
            self._until = math.inf
            return _run(self._driver, changes)
        return await self._alone(_run, changes)

    async def commit(self) -> None:
        await self._alone(_control, "COMMIT")

    async def _alone(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the function does with the connection on the writer's thread; it is not ended midway."""
        self._until = math.inf
        return await completed(on_thread(self._thread, function, self._driver, *arguments))

    async def _undo(self) -> None:
        await self._alone(_control, "ROLLBACK")


def _control(driver: sqlite3.Connection, text: str) -> None:
    """Runs a word of transaction control."""
    try:
        driver.execute(text).close()
    except sqlite3.Error as error:
        raise _known(error, text) from error


def _begin_patiently(driver: sqlite3.Connection, milliseconds: int) -> None:
    driver.execute(f"PRAGMA busy_timeout={milliseconds}")
    try:
        _control(driver, BEGIN)
    finally:
        driver.execute("PRAGMA busy_timeout=0")


def _run(driver: sqlite3.Connection, changes: Sequence[Change]) -> int:
    """Runs changes; how many rows the last one changed.

    A cursor that ends resets its statement, which the next one with the same text shares. It may not end on
    another thread, at any moment, while that one is being executed; so none leaves this one.
    """
    changed, text = 0, ""
    try:
        for write, rows in changes:
            text = write.text
            executed = driver.execute(text, rows[0]) if len(rows) == 1 else driver.executemany(text, rows)
            with closing(executed) as cursor:
                changed = cursor.rowcount
    except sqlite3.Error as error:
        raise _known(error, text) from error
    return changed


def on_thread(thread: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
    """What the function gives on that thread."""
    return asyncio.get_running_loop().run_in_executor(thread, outcome, function, *arguments)


def _known(error: sqlite3.Error, text: str) -> sa.exc.DBAPIError:
    """As what SQLAlchemy knows an error of the driver."""
    known = sa.exc.DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True)
    return cast("sa.exc.DBAPIError", known)


def _code(error: sa.exc.OperationalError) -> int:
    """Which of SQLite's errors it is, whatever its kind in particular."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
