"""Floor databases: the drivers as they are, with the connections and the one transaction that the floor needs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson

Rows = Sequence[Any]
CONNECTIONS: Final = 5


class Sqlite:
    """Reads and changes in the loop, commits on a thread, one transaction at a time, as the gateway does."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def open(self) -> None:
        """Opens the connections."""
        self._reader = self._connection()
        self._writer = self._connection()
        self._thread = ThreadPoolExecutor(1)
        self._turn = asyncio.Lock()

    def _connection(self) -> sqlite3.Connection:
        opened = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=500
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            opened.execute(f"PRAGMA {pragma}")
        return opened

    async def acquire(self) -> sqlite3.Connection:
        """The connection."""
        return self._reader

    def release(self, connection: Any) -> None:
        """Nothing: there is one."""

    async def fetch(self, connection: Any, text: str, values: Sequence[Any]) -> Rows:
        """The rows of a statement."""
        return list(connection.execute(text, values).fetchall())

    @staticmethod
    def keys(ids: list[int]) -> Any:
        """A list of keys as an argument."""
        return orjson.dumps(ids).decode()

    @staticmethod
    def instant(cell: str | None) -> str | None:
        """A point in time as text of the answer."""
        return None if cell is None else f"{cell.replace(' ', 'T').removesuffix('.000000')}+00:00"

    async def write(self, connection: Any, statements: list[tuple[str, list[Any]]]) -> None:
        """One transaction."""
        async with self._turn:
            self._writer.execute("BEGIN IMMEDIATE")
            for text, values in statements:
                self._writer.execute(text, values).fetchall()
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.execute, "COMMIT")


class Postgres:
    """A few connections that requests hold in turn."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = arguments

    async def open(self) -> None:
        """Opens the connections."""
        self._idle: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(await asyncpg.connect(**self._arguments, statement_cache_size=500))

    async def acquire(self) -> Any:
        """A connection that nobody uses."""
        return await self._idle.get()

    def release(self, connection: Any) -> None:
        """Gives it back."""
        self._idle.put_nowait(connection)

    async def fetch(self, connection: Any, text: str, values: Sequence[Any]) -> Rows:
        """The rows of a statement."""
        found: Rows = await connection.fetch(text, *values)
        return found

    @staticmethod
    def keys(ids: list[int]) -> Any:
        """A list of keys as an argument."""
        return ids

    @staticmethod
    def instant(cell: datetime | None) -> datetime | None:
        """A point in time; orjson writes it as the answer has it."""
        return cell

    async def write(self, connection: Any, statements: list[tuple[str, list[Any]]]) -> None:
        """One transaction."""
        async with connection.transaction():
            for text, values in statements:
                await connection.fetch(text, *values)
