"""Nodes: the number that makes a process's ids unique, leased from the database."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.errors import DatabaseNotReady, Unavailable
from tabard.records.tables import node_lease
from tabard.storage.database import Database
from tabard.storage.ids import MAX_NODE, IdFactory, instant_of

log = structlog.get_logger("tabard.storage")

LEASE = timedelta(minutes=10)
# How far the clocks of two machines may be apart without one reusing the other's number too early.
CLOCK_SKEW = timedelta(minutes=1)
ATTEMPTS = 8


class NodeLease:
    """A leased node number, and the ids made with it: call it for a fresh one.

    Renew it well before `LEASE` has passed; ids end with the lease, since another process may hold the
    number by then. A number is free again when its lease has expired, and after `release` when the
    last id made with it lies in the past.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._holder = secrets.token_hex(16)
        self._ids: IdFactory | None = None
        self._until = datetime.min.replace(tzinfo=UTC)
        self._last = 0
        self.node: int | None = None

    def __call__(self) -> int:
        """A fresh id; raises Unavailable when the lease has ended."""
        if self._ids is None or self._now() >= self._until:
            raise Unavailable(
                "This process has lost its lease of a node number, so it cannot make ids; try again soon.",
                retryAfter=5,
            )
        self._last = self._ids()
        return self._last

    async def take(self) -> None:
        """Leases a free number; raises DatabaseNotReady when all are taken."""
        for _ in range(ATTEMPTS):
            node = secrets.choice(await self._free())
            if await self._claim(node):
                self.node = node
                self._ids = IdFactory(node, self._clock)
                return
        raise DatabaseNotReady("other processes were quicker to lease every node number tried; start again")

    async def renew(self) -> None:
        """Prolongs the lease; takes another number when this one was lost meanwhile."""
        until = self._now() + LEASE
        if await self._set_expiry(until):
            self._until = until
        else:
            log.warning("node lease lost", node=self.node)
            await self.take()

    async def release(self) -> None:
        """Gives the number back; no more ids are made."""
        self._ids = None
        await self._set_expiry(instant_of(self._last) + timedelta(milliseconds=1) - CLOCK_SKEW)

    async def _free(self) -> list[int]:
        async with self._database.system("list node numbers") as connection:
            taken = await connection.scalars(
                sa.select(node_lease.c.node).where(node_lease.c.expires_at >= self._now() - CLOCK_SKEW)
            )
            free = sorted(set(range(MAX_NODE + 1)) - set(taken))
        if not free:
            raise DatabaseNotReady(
                f"all {MAX_NODE + 1:,} node numbers are leased; stop a process, "
                f"or wait {LEASE + CLOCK_SKEW} for the leases of those that died"
            )
        return free

    async def _claim(self, node: int) -> bool:
        until = self._now() + LEASE
        async with self._database.system("lease a node number") as connection:
            is_ours = await self._insert(connection, node, until)
        if is_ours:
            self._until = until
        return is_ours

    async def _insert(self, connection: AsyncConnection, node: int, until: datetime) -> bool:
        insert: Any = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
        row = {"holder": self._holder, "expires_at": until}
        claim = (
            insert(node_lease)
            .values(node=node, **row)
            .on_conflict_do_update(
                index_elements=["node"],
                set_=row,
                where=node_lease.c.expires_at < self._now() - CLOCK_SKEW,
            )
        )
        return bool((await connection.execute(claim)).rowcount)

    async def _set_expiry(self, until: datetime) -> bool:
        ours = (node_lease.c.node == self.node, node_lease.c.holder == self._holder)
        async with self._database.system("renew or release a node number") as connection:
            changed = await connection.execute(sa.update(node_lease).where(*ours).values(expires_at=until))
        return bool(changed.rowcount)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


@asynccontextmanager
async def leased(database: Database) -> AsyncIterator[NodeLease]:
    """A lease for one short task: calling it gives ids."""
    lease = NodeLease(database)
    await lease.take()
    try:
        yield lease
    finally:
        await lease.release()
