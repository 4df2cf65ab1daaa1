"""Transaction: the statements of one unit of work, in their order, in as few steps as they allow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from tabard.errors import RequestEnded
from tabard.storage.compiled import NOTHING, CompiledRead, Statement
from tabard.storage.completion import ended
from tabard.storage.faults import translated
from tabard.storage.scope import Scope
from tabard.storage.session import Rows, rows_of
from tabard.storage.statements import Prepared, PreparedWrite, Statements
from tabard.storage.writes import Change
from tabard.tracing import span, spanned
from tabard.turns import Turns

T = TypeVar("T")
Row = Mapping[str, Any]
ONE_WITHOUT_VALUES: Final[Sequence[Row]] = (NOTHING,)
CUT_OFF: Final = "A statement was cut off, so nothing of its transaction is committed; await each to its end."


class WriteConnection(Protocol):
    """A checked-out connection of either kind, inside a transaction."""

    async def begin(self) -> None:
        """Begins the transaction."""

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        """The rows of text that the door has compiled, as the driver gives them."""

    async def run(self, changes: Sequence[Change], *, is_bounded: bool) -> int:
        """Runs changes one after the other; how many rows the last one changed."""

    async def commit(self) -> None:
        """Ends the transaction with its changes done; without it they are undone."""

    def close(self) -> Coroutine[Any, Any, None] | None:
        """Gives the connection back, whatever became of the transaction; what it has to wait for, if anything."""


C = TypeVar("C", bound=WriteConnection)


async def begun(connection: C) -> C:
    """The connection once its transaction has begun; it is given back where it cannot."""
    try:
        await connection.begin()
    except BaseException:
        await ended(connection.close())
        raise
    return connection


class WriteSession:
    """One transaction, one statement at a time, each through the door for the session's portal.

    Once a statement has failed nothing is committed any more, whoever caught its error. A change that comes
    after the end, as a task's that nobody awaited, is refused: its connection is somebody else's by then.
    """

    def __init__(self, connection: WriteConnection, statements: Statements, scope: Scope) -> None:
        self._connection = connection
        self._statements = statements
        self._turn = Turns()
        self._waiting: list[Change] = []
        self._failure: Exception | None = None
        self._parameters = scope.parameters
        self.scope = scope
        # Whether the transaction writes events, so that their readers are woken once it is committed.
        self.has_events = False

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._statements.dialect.name

    async def execute(
        self, statement: sa.UpdateBase | PreparedWrite, rows: Sequence[Row] = ONE_WITHOUT_VALUES
    ) -> int:
        """Runs an INSERT, UPDATE or DELETE, or runs it once for each of `rows`; how many rows it changed.

        For several rows it is how many they are. All rows have the same names.
        """
        change = self._change(statement, rows)
        changed = await self._step(lambda waiting: self._connection.run([*waiting, change], is_bounded=False))
        return changed if len(rows) == 1 else len(rows)

    def later(self, statement: PreparedWrite, rows: Sequence[Row]) -> None:
        """Runs it for each of `rows` along with the next statement or the commit.

        It costs no step of its own; what it changed nobody learns. It inserts rows, or finds those that it
        changes by their keys: its work does not grow with the table.
        """
        self._require()
        if rows:
            self._waiting.append(self._change(statement, rows))

    async def read(self, statement: Statement | Prepared, given: Row = NOTHING) -> dict[str, Sequence[Any]]:
        """What a select finds inside the transaction, as columns by name; `given` are a prepared one's values."""
        compiled, columns = await self._read(statement, given)
        return dict(zip(compiled.names, columns, strict=True))

    async def fetch(self, statement: Statement | Prepared, given: Row = NOTHING) -> Rows:
        """The same as rows."""
        return rows_of(*await self._read(statement, given))

    async def commit(self) -> None:
        """Ends the transaction with all its changes done."""

        async def committed(waiting: Sequence[Change]) -> None:
            await self._sent(waiting)
            await self._connection.commit()
            # Before whoever waits for the connection gets it.
            self.end()

        await self._step(committed)

    def end(self) -> None:
        """Nothing is read or changed any more, whatever became of the transaction; safe to call twice."""
        self._failure = RequestEnded(
            "The mutation has ended, so nothing is changed for it any more; await what you begin before you return."
        )

    def _require(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _change(self, statement: sa.UpdateBase | PreparedWrite, rows: Sequence[Row]) -> Change:
        names = rows[0].keys()
        if any(row.keys() != names for row in rows):
            raise sa.exc.InvalidRequestError("rows that are written together do not name the same columns")
        compiled, given = self._statements.write(statement, names)
        return Change(compiled, [compiled.arguments.values(self._parameters, given, row) for row in rows])

    async def _read(
        self, statement: Statement | Prepared, given: Row
    ) -> tuple[CompiledRead, list[Sequence[Any]]]:
        compiled, values = self._statements.find(statement, given)
        arguments = compiled.arguments.values(self._parameters, values)

        async def fetched(waiting: Sequence[Change]) -> Sequence[Any]:
            await self._sent(waiting)
            return await self._connection.fetch(compiled.text, arguments, is_bounded=True, left=None)

        return compiled, compiled.columns(await self._step(fetched))

    async def _sent(self, waiting: Sequence[Change]) -> None:
        if waiting:
            await self._connection.run(waiting, is_bounded=True)

    async def _step(self, work: Callable[[Sequence[Change]], Awaitable[T]]) -> T:
        """Works on the connection when it is free, with the changes that wait to be run before."""
        async with self._turn:
            self._require()
            waiting, self._waiting = self._waiting, []
            try:
                with translated():
                    return await spanned(work(waiting), span, "statement")
            except Exception as error:
                self._failure = error
                raise
            except BaseException:
                # Whoever goes on is not cancelled by that itself.
                self._failure = RequestEnded(CUT_OFF)
                raise
