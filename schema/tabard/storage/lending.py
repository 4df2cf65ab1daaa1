"""Lending: connections that go from one request to the next, and who may have one."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection

from tabard.turns import Turns


class Lendable(Protocol):
    """A connection that is lent again and again."""

    @property
    def pooled(self) -> PoolProxiedConnection:
        """What SQLAlchemy's pool has given."""


C = TypeVar("C", bound=Lendable)


class Lending(Generic[C]):
    """As many connections as there are places; who finds none free waits for one, but no longer than `seconds`.

    SQLAlchemy's pool makes them and ends them. Between two requests they stay here, ready to go on, the one
    that was used last first; to check one in and out again would cost as much as a small statement. And its
    pool for threads would block the loop while it is empty.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self._turns = Turns(places)
        self._seconds = seconds
        self._idle: list[C] = []

    @property
    def in_use(self) -> int:
        """How many places are taken."""
        return self._turns.taken

    async def enter(self) -> None:
        """Takes a place; who has one may take an idle connection, or make one where there is none."""
        if not self._turns.take():
            await in_time(self._turns, self._seconds, "no connection came free")

    def leave(self) -> None:
        """Gives the place back, without a connection."""
        self._turns.leave()

    def idle(self) -> C | None:
        """The connection that was given back last, if there is one."""
        return self._idle.pop() if self._idle else None

    def give_back(self, connection: C) -> None:
        """Gives back the place and a connection that is fit for the next one."""
        self._idle.append(connection)
        self._turns.leave()

    def close(self) -> None:
        """Leaves the idle connections to the pool, which ends them with the others."""
        while (connection := self.idle()) is not None:
            connection.pooled.close()


async def in_time(turns: Turns, seconds: float, otherwise: str) -> None:
    """Waits for a turn no longer than that."""
    try:
        await turns.wait(seconds)
    except TimeoutError as error:
        raise sa.exc.TimeoutError(otherwise) from error
