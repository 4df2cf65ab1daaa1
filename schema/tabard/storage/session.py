"""Session: the reads of one request, on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine.result import SimpleResultMetaData

from tabard.errors import RequestEnded
from tabard.storage.compiled import NOTHING, CompiledRead, Statement
from tabard.storage.completion import ended
from tabard.storage.faults import too_slow, translated
from tabard.storage.scope import Scope
from tabard.storage.statements import Prepared, Statements
from tabard.tracing import span, spanned
from tabard.turns import Turns

Rows = Sequence[sa.Row[Any]]
# So long a request that reads nothing keeps its connection.
REST_SECONDS: Final = 0.25


class Horizon(NamedTuple):
    """The ids of transactions: of the oldest that runs, and the first that none has had yet.

    Whatever transactions before the oldest have written is seen by every statement after this.
    """

    oldest: int
    unborn: int


class Found(NamedTuple):
    """The rows of a read as the driver gives them, and what makes Python values of them."""

    compiled: CompiledRead
    rows: Sequence[Sequence[Any]]

    def columns(self) -> dict[str, Sequence[Any]]:
        """The rows as columns by name."""
        return dict(zip(self.compiled.names, self.compiled.columns(self.rows), strict=True))


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

    def close(self) -> Coroutine[Any, Any, None] | None:
        """Gives the connection back, whatever became of its last statement; what it has to wait for, if anything."""


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

    `count` is how many statements ran. `until` is when the request has to be answered, by `time.monotonic()`;
    no statement outlives it, whoever waits. While nothing is read for a moment, as when a plugin waits for
    somebody else, others have the connection. Close it when the request ends: a read that comes later, as a
    task's that nobody awaited, is refused, for nobody would give its connection back.
    """

    def __init__(self, readers: Readers, scope: Scope) -> None:
        self._readers = readers
        self._parameters = scope.parameters
        self._scope = scope
        self._turn = Turns()
        self._connection: ReadConnection | None = None
        # The connection while it is inside a transaction that sees one moment, and how many snapshots are open.
        self._moment: ReadConnection | None = None
        self._snapshots = 0
        self._rest: asyncio.TimerHandle | None = None
        self._is_closed = False
        self.count = 0
        self.until: float | None = None

    async def read(
        self, statement: Statement | Prepared, values: Mapping[str, Any] = NOTHING, *, is_bounded: bool = True
    ) -> dict[str, Sequence[Any]]:
        """The rows as columns by name; raises Unavailable or DeadlineExceeded.

        `is_bounded=False` says that the work grows with the table, as a count's does; SQLite then runs
        it on a thread.
        """
        return (await self.find(statement, values, is_bounded=is_bounded)).columns()

    async def fetch(self, statement: Statement, *, is_bounded: bool = True) -> Rows:
        """The rows, for jobs that look at one after the other."""
        found = await self.find(statement, is_bounded=is_bounded)
        return rows_of(found.compiled, found.compiled.columns(found.rows))

    async def find(
        self, statement: Statement | Prepared, values: Mapping[str, Any] = NOTHING, *, is_bounded: bool = True
    ) -> Found:
        """The rows as they come, for whoever knows what rows like them mean."""
        compiled, named = self._readers.statements.find(statement, values)
        arguments = compiled.arguments.values(self._parameters, named)
        async with self._turn:
            self.count += 1
            with translated():
                left = self._left()
                connection = self._connection or await self._connected()
                fetching = connection.fetch(compiled.text, arguments, is_bounded=is_bounded, left=left)
                return Found(compiled, await spanned(fetching, span, "statement"))

    def _left(self) -> float | None:
        if self.until is None:
            return None
        if (left := self.until - monotonic()) <= 0:
            raise too_slow()
        return left

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Statements inside see one moment of the database: that of the first, where several are open."""
        await self._enter_moment()
        try:
            yield
        finally:
            await self._leave_moment()

    async def _enter_moment(self) -> None:
        async with self._turn:
            if self._moment is None:
                with translated():
                    connection = await self._connected()
                    await connection.command(self._readers.snapshot_command)
                self._moment = connection
            self._snapshots += 1

    async def _leave_moment(self) -> None:
        async with self._turn:
            self._snapshots -= 1
            if self._moment is not None and not self._snapshots:
                connection, self._moment = self._moment, None
                with translated():
                    await connection.command("COMMIT")

    async def horizon(self) -> Horizon | None:
        """Which transactions run now on PostgreSQL; None where writers take turns."""
        async with self._turn:
            with translated():
                connection = await self._connected()
                return await connection.horizon()

    def act_as(self, scope: Scope) -> None:
        """Goes on for a user of the same portal, once it is known who that is."""
        self._parameters, self._scope = scope.parameters, scope

    async def release(self) -> None:
        """Gives the connection back; a later read takes one anew."""
        if self._rest is not None:
            self._rest.cancel()
        connection, self._connection, self._moment = self._connection, None, None
        if connection is not None:
            await ended(connection.close())

    async def close(self) -> None:
        """Gives the connection back for good; safe to call twice and under cancellation."""
        self._is_closed = True
        await self.release()

    async def _connected(self) -> ReadConnection:
        if self._connection is None and not self._is_closed:
            self._connection = await self._readers.connect(self._scope)
            self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._look, self.count)
        # The request may also have ended while a connection was on its way.
        if self._connection is None or self._is_closed:
            await self.release()
            raise RequestEnded(
                "The request has ended, so nothing is read for it any more; await what you begin before you return."
            )
        return self._connection

    def _look(self, count: int) -> None:
        """Gives the connection back when no statement has come since the last look; else looks again."""
        if self._connection is None:
            return
        if count == self.count and not self._turn.taken:
            if (ending := self._connection.close()) is None:
                self._connection = None
                return
            # It is inside a transaction, which goes on.
            ending.close()
        self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._look, self.count)


def rows_of(compiled: CompiledRead, columns: Sequence[Sequence[Any]]) -> Rows:
    """Columns of a read as rows, for whoever looks at one after the other."""
    result: sa.engine.Result[Any] = sa.engine.IteratorResult(
        SimpleResultMetaData(compiled.names), zip(*columns, strict=True)
    )
    return result.all()
