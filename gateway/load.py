"""Load: how many requests run at once, who waits for a place, and who is sent away."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from gateway.codes import Code
from gateway.refusal import Refusal
from tabard.turns import Turns


class LoadSettings(BaseModel):
    """How much a process does at once, and how it ends."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    running: PositiveInt = 32
    """Requests that are executed at once."""
    waiting: NonNegativeInt = 128
    """Requests that wait for a place; whatever comes on top is refused with `OVERLOADED`."""
    wait_seconds: PositiveFloat = 1.0
    """Seconds that a request waits for a place."""
    farewell_seconds: NonNegativeFloat = 0.0
    """Seconds for which a server that was told to end goes on as before while `/readyz` says 503, so that load
    balancers turn away first.
    """


class Load:
    """The requests of a process.

    `inside` counts the requests that have begun, `running` those that have a place, `shed` those that were
    sent away. `is_starting` says that the server is not ready for anybody yet, `is_leaving` that it will end,
    `is_closed` that it takes nothing new.
    """

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._turns = Turns(settings.running)
        self.inside = 0
        self.shed = 0
        self.is_starting = False
        self.is_leaving = False
        self.is_closed = False

    @property
    def running(self) -> int:
        """How many have a place."""
        return self._turns.taken

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return self._turns.waiting

    def require_running(self) -> None:
        """Refuses whoever comes before the server is ready, or when it takes nothing new."""
        if self.is_starting:
            raise starting()
        if self.is_closed:
            raise stopping()

    def require_open(self) -> None:
        """Refuses what would be refused anyway, before its body is even read."""
        self.require_running()
        if self._turns.taken >= self._turns.places and self._turns.waiting >= self._settings.waiting:
            raise self._overloaded()

    async def enter(self) -> None:
        """Takes a place, of which `leave` must be told; raises Refusal when none comes free in time."""
        if self._turns.take():
            await self._settle()
            return
        if self._turns.waiting >= self._settings.waiting:
            raise self._overloaded()
        try:
            await self._turns.wait(self._settings.wait_seconds)
        except TimeoutError:
            raise self._overloaded() from None

    def leave(self) -> None:
        """Gives the place to the next, or back."""
        self._turns.leave()

    async def _settle(self) -> None:
        """Lets whoever has come meanwhile be counted too.

        Work that never has to wait, as reads of SQLite, would be done before the next request is looked at:
        there would never be too many, and all would wait where nobody sees them.
        """
        try:
            await asyncio.sleep(0)
        except BaseException:
            self.leave()
            raise

    def _overloaded(self) -> Refusal:
        self.shed += 1
        code = Code.OVERLOADED
        return Refusal(code, f"{code.meaning} {code.remedy}", retryAfter=1)

    async def linger(self) -> None:
        """Goes on as before, but unready, for as long as the operator wants."""
        self.is_leaving = True
        await asyncio.sleep(self._settings.farewell_seconds)

    async def finish(self, patience: float) -> None:
        """Takes nothing new, and waits until nobody is inside."""
        self.is_leaving = True
        self.is_closed = True
        try:
            async with asyncio.timeout(patience):
                while self.inside:  # noqa: ASYNC110 - counting is cheaper than telling
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return


def starting() -> Refusal:
    """The refusal of a server that is getting ready."""
    return Refusal(Code.UNAVAILABLE, "The server is starting; send the same request again.", retryAfter=1)


def stopping() -> Refusal:
    """The refusal of a server that is about to end; the connection goes with it."""
    message = "The server is restarting; send the same request again."
    return Refusal(Code.UNAVAILABLE, message, headers={"connection": "close"}, retryAfter=1)
