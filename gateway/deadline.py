"""Deadline: ends work whose time is spent or whose client is gone."""

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from time import monotonic
from typing import Any, Final, TypeVar, cast

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.codes import Code
from tabard.beginning import Rest, begin
from tabard.cancellation import is_cancelled
from tabard.errors import DeadlineExceeded

T = TypeVar("T")
UNWATCHED_SECONDS: Final = 0.1


async def finish(work: Coroutine[Any, Any, T], receive: Receive, seconds: float) -> T:
    """The work's result; cancels it and raises DeadlineExceeded or ClientDisconnect when it comes too late.

    The body must have been received: what else comes from the client is its going away.
    """
    started = monotonic()
    try:
        begun = begin(work)
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise cancelled_itself() from error
    return await finish_rest(begun, receive, seconds, started) if isinstance(begun, Rest) else begun


async def finish_rest(rest: Rest[T], receive: Receive, seconds: float, started: float) -> T:
    """The same for work that has begun."""
    watch = Watch(receive, started + seconds - monotonic())
    try:
        return await rest
    except asyncio.CancelledError as error:
        if not watch.end():
            raise
        if watch.reason is Reason.GONE:
            raise ClientDisconnect from None
        if watch.reason is Reason.LATE:
            what = f"The request was ended after {seconds:g} seconds."
            raise DeadlineExceeded(f"{what} {Code.DEADLINE_EXCEEDED.remedy}") from None
        raise cancelled_itself() from error
    finally:
        watch.end()


def cancelled_itself() -> RuntimeError:
    """The failure of work that nobody has cancelled: something inside it did, and the client is owed an answer."""
    return RuntimeError("the work cancelled itself")


class Reason(Enum):
    """Why work is ended."""

    GONE = auto()
    LATE = auto()


class Watch:
    """Cancels the task that it is made in when time is up or the client goes away.

    Most work is done before the client is worth looking at.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self.reason: Reason | None = None
        self._task = cast("asyncio.Task[object]", asyncio.current_task())
        self._receive = receive
        self._late_at = loop.time() + seconds
        self._timer = loop.call_later(max(min(seconds, UNWATCHED_SECONDS), 0), self._begin)
        self._watching: asyncio.Task[None] | None = None
        self._is_over = False

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._look())

    async def _look(self) -> None:
        reason = Reason.GONE
        try:
            async with asyncio.timeout_at(self._late_at):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            reason = Reason.LATE
        if not self._is_over:
            self.reason = reason
            self._task.cancel()

    def end(self) -> bool:
        """Watches no more; whether nobody but the watch has cancelled the task. Safe to call twice."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            if self._watching is not None:
                self._watching.cancel()
            if self.reason is not None:
                self._task.uncancel()
        return not self._task.cancelling()
