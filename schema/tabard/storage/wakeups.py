"""Wake-ups: how readers of the outbox learn that there is more; never what there is."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tabard.storage.completion import completed
from tabard.storage.faults import translated

log = structlog.get_logger("tabard.storage")

CHANNEL: Final = "tabard_events"
# A NOTIFY takes a lock that makes commits wait for each other, so many changes share one, sent afterwards.
GATHERING_SECONDS: Final = 0.02
PORTALS_A_NOTE: Final = 300
LOOKING_SECONDS: Final = 0.1


class Wakeups:
    """The portals that have new events, as this process knows of them; one reader waits."""

    def __init__(self) -> None:
        self._woken: set[int] = set()
        self._is_all_woken = False
        self._signal = asyncio.Event()
        self.heed: Callable[[int], None] = lambda portal_id: None

    def announce(self, portal_id: int) -> None:
        """Says that events of the portal were committed here; `heed` is told too."""
        self.heed(portal_id)
        self.wake(portal_id)

    def wake(self, *portal_ids: int) -> None:
        """Wakes the reader for these portals, or for all."""
        self._woken.update(portal_ids)
        self._is_all_woken |= not portal_ids
        self._signal.set()

    async def wait(self, seconds: float) -> frozenset[int] | None:
        """The portals to look at, once there are some; None means all, also when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard()
        is_all = self._is_all_woken or not self._woken
        woken = frozenset(self._woken)
        self._woken.clear()
        self._is_all_woken = False
        self._signal.clear()
        return None if is_all else woken

    async def close(self) -> None:
        """Lets go of whatever listens."""

    async def _heard(self) -> None:
        await self._signal.wait()


class SqliteWakeups(Wakeups):
    """Of other processes, `PRAGMA data_version` says that one has committed; not in which portal."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version: int | None = None

    async def _heard(self) -> None:
        while not self._signal.is_set():
            if self._has_changed():
                self.wake()
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOKING_SECONDS):
                    await self._signal.wait()

    def _has_changed(self) -> bool:
        before = self._version
        with translated():
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            self._version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        return before is not None and before != self._version

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresWakeups(Wakeups):
    """Other processes are told by NOTIFY, a moment after the commit; one connection sends and listens."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__()
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._opening = asyncio.Lock()
        self._sender = secrets.token_hex(4)
        self._untold: set[int] = set()
        self._telling: asyncio.Task[None] | None = None

    def announce(self, portal_id: int) -> None:
        super().announce(portal_id)
        self._untold.add(portal_id)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(GATHERING_SECONDS)
        while self._untold:
            told = sorted(self._untold)[:PORTALS_A_NOTE]
            self._untold.difference_update(told)
            try:
                driver = await self._connected()
                note = f"{self._sender}:{','.join(map(str, told))}"
                with translated():
                    await driver.execute("SELECT pg_notify($1, $2)", CHANNEL, note)
            except Exception as error:  # noqa: BLE001 - the readers look by themselves before long
                log.warning("other processes not told of events", problem=type(error).__name__)
                await self._drop()

    async def _heard(self) -> None:
        try:
            await self._connected()
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("not listening for events of other processes", problem=type(error).__name__)
        await self._signal.wait()

    async def _connected(self) -> Any:
        async with self._opening:
            if self._connection is None:
                with translated():
                    self._connection = await self._listening()
                # Whatever was told while nobody listened.
                self.wake()
            return await _driver_of(self._connection)

    async def _listening(self) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            driver = await _driver_of(connection)
            await driver.add_listener(CHANNEL, self._hear)
        except BaseException:
            await completed(_ended(connection))
            raise
        driver.add_termination_listener(self._lose(connection))
        return connection

    def _hear(self, driver: Any, pid: int, channel: str, note: str) -> None:
        sender, _, told = note.partition(":")
        if sender != self._sender:
            self.wake(*map(int, told.split(",")))

    def _lose(self, connection: AsyncConnection) -> Callable[[Any], None]:
        def lose(driver: Any) -> None:
            if self._connection is connection:
                self._connection = None
                self.wake()

        return lose

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await _ended(connection)

    async def close(self) -> None:
        if self._telling is not None:
            await asyncio.wait({self._telling})
        await self._drop()
        await self._engine.dispose()


async def _ended(connection: AsyncConnection) -> None:
    with suppress(Exception):
        await connection.invalidate()
        await connection.close()


async def _driver_of(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection
