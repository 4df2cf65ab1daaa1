"""PostgreSQL connections: those that read in autocommit or change in a transaction, lent from request to request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from tabard.storage.faults import too_slow
from tabard.storage.joining import joined
from tabard.storage.lending import Lending
from tabard.storage.session import Horizon
from tabard.storage.writes import Change

PORTAL_VARIABLE = "tabard.portal_id"
SETTLE_SECONDS: Final = 1.0
# What the driver raises of a statement: the server's errors, its own, and that it does not understand the server.
GIVEN_UP: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_RUNNING = (
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s"
)
_SET_PORTAL = f"SELECT set_config('{PORTAL_VARIABLE}', $1, false)"


class PostgresConnection:
    """A connection that reads in autocommit, each statement its own snapshot, or changes in a transaction."""

    def __init__(
        self, pooled: PoolProxiedConnection, timeout: float, lending: Lending[PostgresConnection]
    ) -> None:
        self.pooled = pooled
        self.portal_id: int | None = None
        self._lending = lending
        self._timeout = timeout
        self._driver: Any = pooled.driver_connection
        self._is_in_transaction = False
        self.is_busy = False

    async def fetch(
        self, text: str, values: Sequence[Any], *, is_bounded: bool, left: float | None
    ) -> Sequence[Any]:
        # The server itself ends what takes longer than a statement may.
        timeout = left if left is not None and left < self._timeout else None
        rows: Sequence[Any] = await self._answered(text, self._driver.fetch(text, *values, timeout=timeout))
        return rows

    async def run(self, changes: Sequence[Change], *, is_bounded: bool) -> int:
        changed = 0
        for text, rows in joined(changes):
            if len(rows) > 1:
                await self._answered(text, self._driver.executemany(text, rows))
                continue
            status = await self._answered(text, self._driver.execute(text, *rows[0]))
            changed = int(status.rpartition(" ")[2])
        return changed

    async def command(self, text: str) -> None:
        self._is_in_transaction = True
        await self._answered(text, self._driver.execute(text))
        self._is_in_transaction = text != "COMMIT"

    async def begin(self) -> None:
        """Begins a transaction."""
        await self.command("BEGIN")

    async def commit(self) -> None:
        await self.command("COMMIT")

    async def horizon(self) -> Horizon:
        return Horizon(*await self._answered(_RUNNING, self._driver.fetchrow(_RUNNING)))

    async def _answered(self, text: str, answer: Awaitable[Any]) -> Any:
        """The driver's answer to a statement; the connection is busy until it is known to have ended."""
        self.is_busy = True
        try:
            given = await answer
        except TimeoutError as error:
            raise too_slow() from error
        except GIVEN_UP as error:
            self.is_busy = False
            raise _kind(error)(text, None, error) from error
        self.is_busy = False
        return given

    async def act_for(self, portal_id: int) -> None:
        """Sets the portal that row-level security goes by; it outlives the request."""
        if self.portal_id != portal_id:
            # Forgotten first: a cancelled change may have happened or not.
            self.portal_id = None
            await self.fetch(_SET_PORTAL, [str(portal_id)], is_bounded=True, left=None)
            self.portal_id = portal_id

    @property
    def is_closed(self) -> bool:
        """Whether it is known to have ended."""
        return bool(self._driver.is_closed())

    def close(self) -> Coroutine[Any, Any, None] | None:
        if self.is_busy or self._is_in_transaction or self.is_closed:
            return self._end()
        self._lending.give_back(self)
        return None

    async def _end(self) -> None:
        try:
            if not self.is_closed:
                await self._settle()
        finally:
            await self._leave()

    async def _leave(self) -> None:
        if self.is_closed:
            try:
                await self.drop()
            finally:
                self._lending.leave()
        else:
            self._is_in_transaction = self.is_busy = False
            self._lending.give_back(self)

    async def drop(self) -> None:
        """Lets the pool know that it has ended."""
        await greenlet_spawn(self.pooled.invalidate)

    async def _settle(self) -> None:
        """Waits until the server has let go of a statement that was cut off, and of a transaction."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._driver.execute("ROLLBACK")
        except (*GIVEN_UP, OSError):
            self._driver.terminate()
        except BaseException:
            self._driver.terminate()
            raise


def _kind(error: Exception) -> type[sa.exc.DBAPIError]:
    """As what SQLAlchemy knows an error of the driver."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return sa.exc.IntegrityError
    is_ours = isinstance(error, asyncpg.PostgresError | asyncpg.DataError)
    return sa.exc.DBAPIError if is_ours else sa.exc.InterfaceError
