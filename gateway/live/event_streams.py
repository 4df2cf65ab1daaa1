"""Event streams: answers over HTTP as server-sent events, one connection for each operation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import ExitStack, aclosing
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.configuration import Configuration
from gateway.engine import Authenticator
from gateway.head import Head
from gateway.identity.credentials import authorization
from gateway.live.bounds import Bounds
from gateway.live.desk import Desk, single
from gateway.live.messages import Closed
from gateway.live.standing import Standing
from gateway.live.streams import Streams
from gateway.request import GraphQLRequest, idempotency_key_of
from gateway.response import Responder
from tabard.errors import GraphError, Unauthenticated

log = structlog.get_logger(__name__)

TRANSPORT: Final = "events"
HEARTBEAT: Final = b":\n\n"
COMPLETE: Final = b"event: complete\ndata:\n\n"
HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # Proxies that gather what they pass on would keep events back.
    (b"x-accel-buffering", b"no"),
]


class EventStreams:
    """Opens event streams. Who may not open one is refused with a status; all else is told on the stream."""

    def __init__(
        self, desk: Desk, authenticator: Authenticator, streams: Streams, configuration: Configuration
    ) -> None:
        self._desk = desk
        self._authenticator = authenticator
        self._streams = streams
        self._bounds = configuration.streams

    async def open(self, request: GraphQLRequest, head: Head, responder: Responder) -> EventStream:
        """The stream as an answer to be sent; raises LimitExceeded or Unauthenticated."""
        self._streams.require_running()
        key, credentials = idempotency_key_of(request, head), authorization(head)
        standing = Standing(self._authenticator, credentials, self._bounds.recheck_seconds)
        with ExitStack() as kept:
            kept.enter_context(self._streams.connection(TRANSPORT))
            async with standing.admit() as caller:
                kept.enter_context(self._streams.user(caller.viewer))
            answers = await self._opened(self._desk.open(request, key, head, standing, responder), responder)
            return EventStream(answers, responder, standing, self._streams, self._bounds, kept.pop_all())

    async def _opened(
        self, opening: Awaitable[AsyncGenerator[Response, None]], responder: Responder
    ) -> AsyncGenerator[Response, None]:
        try:
            return await opening
        except Unauthenticated:
            raise
        except GraphError as error:
            return single(responder.failure(error))


class EventStream(Response):
    """One stream, from its first byte to `complete`."""

    def __init__(
        self,
        answers: AsyncGenerator[Response, None],
        responder: Responder,
        standing: Standing,
        streams: Streams,
        bounds: Bounds,
        kept: ExitStack,
    ) -> None:
        super().__init__()
        self._answers = answers
        self._responder = responder
        self._standing = standing
        self._streams = streams
        self._bounds = bounds
        self._kept = kept
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._kept:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._await_leaving(receive))
                    group.create_task(self._await_stop())
                    group.create_task(self._await_lapse(send))
                    group.create_task(self._beat(send))
                    group.create_task(self._tell(send))
            except* Closed:
                pass
            except* Exception:
                log.exception("stream failed")
            self._streams.closed[200] += 1
            await self._send(send, COMPLETE, is_last=True)

    async def _tell(self, send: Send) -> None:
        try:
            async with aclosing(self._answers) as answers:
                async for response in answers:
                    await self._next(send, response)
        except Closed:
            raise
        except Exception as error:  # noqa: BLE001 - the border: whatever fails is coded, logged and masked
            await self._next(send, self._responder.failure(error))
        raise Closed

    async def _await_lapse(self, send: Send) -> None:
        await self._next(send, self._responder.failure(await self._standing.lapse()))
        raise Closed

    async def _await_stop(self) -> None:
        await self._streams.stopping()
        raise Closed

    async def _await_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        raise Closed

    async def _beat(self, send: Send) -> None:
        while True:
            await self._send(send, HEARTBEAT)
            await asyncio.sleep(self._bounds.heartbeat_seconds)

    async def _next(self, send: Send, response: Response) -> None:
        await self._send(send, b"event: next\ndata: %b\n\n" % bytes(response.body))

    async def _send(self, send: Send, content: bytes, *, is_last: bool = False) -> None:
        """Sends; who does not take it in time is cut off, and goes on elsewhere with `after`."""
        try:
            async with asyncio.timeout(self._bounds.send_seconds), self._turn:
                await send({"type": "http.response.body", "body": content, "more_body": not is_last})
        except (TimeoutError, OSError):
            raise Closed from None
