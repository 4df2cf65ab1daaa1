"""Deadline: ends work whose time is spent or whose client is gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.codes import Code
from tabard.cancellation import is_cancelled
from tabard.errors import DeadlineExceeded

T = TypeVar("T")


async def finish(work: Awaitable[T], receive: Receive, seconds: float) -> T:
    """The work's result; cancels it and raises DeadlineExceeded or ClientDisconnect when it comes too late.

    The body must have been received: what else comes from the client is its going away.
    """
    deadline = asyncio.timeout(seconds)
    client = Client(receive)
    try:
        async with deadline:
            watch = asyncio.create_task(client.watch(deadline))
            try:
                return await work
            finally:
                watch.cancel()
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        # Nobody cancelled this request: something inside the work did, and the client is owed an answer.
        raise RuntimeError("the work cancelled itself") from error
    except TimeoutError:
        if not deadline.expired():
            raise
        if client.is_gone:
            raise ClientDisconnect from None
        what = f"The request was ended after {seconds:g} seconds."
        raise DeadlineExceeded(f"{what} {Code.DEADLINE_EXCEEDED.remedy}") from None


class Client:
    """Who waits for an answer."""

    def __init__(self, receive: Receive) -> None:
        self.is_gone = False
        self._receive = receive

    async def watch(self, deadline: asyncio.Timeout) -> None:
        """Lets the deadline pass as soon as the client goes away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        deadline.reschedule(asyncio.get_running_loop().time())
