"""Standing: whether the caller of a connection that stays open may still have what they asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing

from graphql import ExecutionResult

from gateway.engine import Authenticator, Caller, EventStream
from tabard.errors import DeadlineExceeded, Forbidden, GraphError, Unauthenticated, Unavailable


class Standing:
    """The caller of one connection; read anew for each operation, each batch of events, and every so often."""

    def __init__(self, authenticator: Authenticator, credentials: str | None, seconds: float) -> None:
        self._authenticator = authenticator
        self._credentials = credentials
        self._seconds = seconds
        self._streams: set[EventStream] = set()

    def admit(self) -> AbstractAsyncContextManager[Caller]:
        """The caller as the database knows them now; raises Unauthenticated."""
        return self._authenticator.authenticate(self._credentials)

    async def results(self, stream: EventStream) -> AsyncGenerator[ExecutionResult, None]:
        """What the stream gives; meanwhile the caller's right to it is looked at too."""
        self._streams.add(stream)
        try:
            async with aclosing(stream.results()) as results:
                async for result in results:
                    yield result
        finally:
            self._streams.discard(stream)

    async def lapse(self) -> GraphError:
        """Returns, with the reason, when the caller is gone or has lost the right to one of the streams."""
        while True:
            await asyncio.sleep(self._seconds)
            try:
                async with self.admit() as caller:
                    for stream in self._streams:
                        stream.require(caller.viewer)
            except (Unauthenticated, Forbidden) as error:
                return error
            except (Unavailable, DeadlineExceeded):
                # Nothing is told while the database is away; the next look decides.
                continue
