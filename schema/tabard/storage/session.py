"""Sessions: one connection for a request's reads, and one transaction for a unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic, perf_counter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.storage.compiled import CompiledRead, Statement
from tabard.storage.completion import completed
from tabard.storage.faults import too_slow, translated
from tabard.storage.scope import Scope
from tabard.storage.statements import Prepared, Statements
from tabard.tracing import span

Rows = Sequence[sa.Row[Any]]
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Horizon(NamedTuple):
    """The ids of transactions: of the oldest that runs, and the first that none has had yet.

    Whatever transactions before the oldest have written is seen by every statement after this.
    """

    oldest: int
    unborn: int


class ReadConnection(Protocol):
    """A checked-out connection of either kind."""

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        """The rows of text that the door has compiled, as the driver gives them.

        `left` is how many seconds the request still has, if it has to end.
        """

    async def command(self, text: str) -> None:
        """Runs a word of transaction control."""

    async def horizon(self) -> Horizon | None:
        """Which transactions run now; None where writers take turns."""

    async def close(self) -> None:
        """Gives the connection back, whatever became of its last statement."""


class Readers(Protocol):
    """Where read connections come from."""

    @property
    def statements(self) -> Statements:
        """The reads that have been compiled for these connections."""

    @property
    def snapshot_command(self) -> str:
        """What begins a transaction that sees one moment."""

    async def connect(self, scope: Scope) -> ReadConnection:
        """A connection for the scope; raises when none comes free in time."""


class ReadSession:
    """The reads of one request: one connection, taken at the first statement, one statement at a time.

    `count` is how many statements ran, `seconds` how long they took. `until` is when the request has to
    be answered, by `time.monotonic()`; no statement outlives it, whoever waits. Close it when the request ends.
    """

    def __init__(self, readers: Readers, scope: Scope) -> None:
        self._readers = readers
        self._scope = scope.parameters
        self._of = scope
        self._lock = asyncio.Lock()
        self._connection: ReadConnection | None = None
        self.count = 0
        self.seconds = 0.0
        self.until: float | None = None

    async def read(
        self, statement: Statement | Prepared, values: Mapping[str, Any] = NOTHING, *, is_bounded: bool = True
    ) -> dict[str, Sequence[Any]]:
        """The rows as columns by name; raises Unavailable or DeadlineExceeded.

        `is_bounded=False` says that the work grows with the table, as a count's does; SQLite then runs
        it on a thread.
        """
        compiled, columns = await self._run(statement, values, is_bounded)
        return dict(zip(compiled.names, columns, strict=True))

    async def fetch(self, statement: Statement, *, is_bounded: bool = True) -> Rows:
        """The rows, for jobs that look at one after the other."""
        compiled, columns = await self._run(statement, NOTHING, is_bounded)
        result: sa.engine.Result[Any] = sa.engine.IteratorResult(
            SimpleResultMetaData(compiled.names), zip(*columns, strict=True)
        )
        return result.all()

    async def _run(
        self, statement: Statement | Prepared, given: Mapping[str, Any], is_bounded: bool
    ) -> tuple[CompiledRead, list[Sequence[Any]]]:
        compiled, named = self._readers.statements.find(statement, given)
        values = compiled.values(self._scope, named)
        async with self._lock:
            self.count += 1
            started = perf_counter()
            with span("statement"), translated():
                left = self._left()
                connection = self._connection or await self._connected()
                rows = await connection.fetch(compiled.text, values, is_bounded=is_bounded, left=left)
            self.seconds += perf_counter() - started
        return compiled, compiled.columns(rows)

    def _left(self) -> float | None:
        if self.until is None:
            return None
        if (left := self.until - monotonic()) <= 0:
            raise too_slow()
        return left

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Statements inside see one moment of the database."""
        async with self._lock:
            with translated():
                connection = await self._connected()
                await connection.command(self._readers.snapshot_command)
        try:
            yield
        finally:
            async with self._lock:
                if self._connection is connection:
                    with translated():
                        await connection.command("COMMIT")

    async def horizon(self) -> Horizon | None:
        """Which transactions run now on PostgreSQL; None where writers take turns."""
        async with self._lock:
            with translated():
                connection = await self._connected()
                return await connection.horizon()

    def act_as(self, scope: Scope) -> None:
        """Goes on for a user of the same portal, once it is known who that is."""
        self._scope, self._of = scope.parameters, scope

    async def close(self) -> None:
        """Gives the connection back; safe to call twice and under cancellation. A later read takes one anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await completed(connection.close())

    async def _connected(self) -> ReadConnection:
        if self._connection is None:
            self._connection = await self._readers.connect(self._of)
        return self._connection


class WriteSession:
    """One transaction; every statement goes through the door for the session's portal."""

    def __init__(self, connection: AsyncConnection, scope: Scope) -> None:
        self._connection = connection
        self.scope = scope
        # Whether the transaction writes events, so that their readers are woken once it is committed.
        self.has_events = False

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    async def execute(
        self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> sa.CursorResult[Any]:
        """Runs a statement, or an INSERT, UPDATE or DELETE once for each of `rows`."""
        scope = self.scope.parameters
        parameters: Any = scope if rows is None else [{**row, **scope} for row in rows]
        running = self._connection.execute(statement, parameters)
        with span("statement"), translated():
            # Cut off on SQLite a statement would leave its transaction open and the file locked; it is short.
            return await (completed(running) if self.dialect == "sqlite" else running)

    async def transaction_id(self) -> int:
        """PostgreSQL's id of this transaction; it grows, and readers stop at the oldest one running."""
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        with translated():
            return int(await driver.fetchval("SELECT pg_current_xact_id()::text::bigint"))

    async def fetch(self, statement: Statement) -> Rows:
        """The rows of a select inside the transaction."""
        return (await self.execute(statement)).all()
