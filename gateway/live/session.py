"""Session: one connection of `graphql-transport-ws`, from its first message to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, aclosing
from typing import Any

import structlog
from starlette.websockets import WebSocket

from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.engine import Authenticator
from gateway.head import Head
from gateway.identity.credentials import bearer
from gateway.live.desk import Desk
from gateway.live.messages import (
    Closed,
    Closing,
    bad,
    id_of,
    parse_message,
    payload_of,
    refused,
    request_of,
    told,
    written,
)
from gateway.live.standing import Standing
from gateway.live.streams import Streams
from gateway.refusal import LimitExceeded
from gateway.request import GraphQLRequest, idempotency_key_of
from gateway.response import Responder
from tabard.ends import costing_no_more, failure_of, is_end
from tabard.errors import Forbidden, GraphError, Unauthenticated

log = structlog.get_logger(__name__)

TRANSPORT = "websocket"


class Session:
    """Reads messages one after another; each operation runs in a task of its own."""

    def __init__(
        self,
        socket: WebSocket,
        desk: Desk,
        authenticator: Authenticator,
        streams: Streams,
        configuration: Configuration,
        responder: Responder,
        head: Head,
        credentials: str | None,
    ) -> None:
        self._socket = socket
        self._head = head
        self._desk = desk
        self._authenticator = authenticator
        self._streams = streams
        self._bounds = configuration.streams
        self._json_depth = configuration.limits.json_depth
        self._responder = responder
        self._credentials = credentials
        self._standing: Standing | None = None
        self._is_initialised = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._kept = ExitStack()

    async def run(self) -> None:
        """Serves until either side ends it; the server's reason is in the close frame."""
        closed = Closed()
        try:
            with self._kept:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._await_initialisation())
                    group.create_task(self._await_stop())
                    group.create_task(costing_no_more(self._receive(group)))
        except* Closed as found:
            closed = _first(found)
        except* Exception:
            log.exception("stream failed")
            closed = Closed(Closing.FAILURE, "Something failed inside the server.")
        if closed.code is not None:
            await self._close(closed.code, closed.reason)

    async def _close(self, code: Closing, reason: str) -> None:
        self._streams.closed[code] += 1
        try:
            async with asyncio.timeout(self._bounds.send_seconds):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, OSError):
            # Whoever reads nothing hears no farewell either.
            return

    async def _await_initialisation(self) -> None:
        try:
            async with asyncio.timeout(self._bounds.init_seconds):
                await self._is_initialised.wait()
        except TimeoutError:
            raise Closed(Closing.INITIALISATION_TIMEOUT, "Connection initialisation timeout") from None

    async def _await_stop(self) -> None:
        await self._streams.stopping()
        for id in list(self._operations):
            self._end(id)
            await self._send(written("complete", id=id))
        raise Closed(Closing.RESTARTING, "The server is restarting; connect again.")

    async def _receive(self, group: asyncio.TaskGroup) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise Closed
            text = message.get("text")
            if text is None:
                raise bad("The message is binary; send text.")
            await self._take(parse_message(text, self._json_depth), group)

    async def _take(self, message: Mapping[str, Any], group: asyncio.TaskGroup) -> None:
        match message.get("type"):
            case "connection_init":
                await self._initialise(payload_of(message), group)
            case "ping":
                payload = payload_of(message)
                await self._send(written("pong", **({"payload": payload} if payload else {})))
            case "pong":
                payload_of(message)
            case "subscribe":
                self._subscribe(id_of(message), message, group)
            case "complete":
                self._end(id_of(message))
            case _:
                raise bad("The message is of no type that clients send.")

    async def _initialise(self, payload: Mapping[str, Any], group: asyncio.TaskGroup) -> None:
        if self._is_initialised.is_set():
            raise Closed(Closing.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._is_initialised.set()
        try:
            credentials = bearer(payload, self._credentials)
            standing = Standing(self._authenticator, credentials, self._bounds.recheck_seconds)
            async with standing.admit() as caller:
                self._kept.enter_context(self._streams.user(caller.viewer))
        except LimitExceeded as error:
            raise Closed(Closing.TRY_LATER, f"{error.code}: {error.message}") from None
        except (Unauthenticated, Forbidden) as error:
            raise lapsed(error) from None
        except GraphError as error:
            raise Closed(Closing.TRY_LATER, f"{error.code}: {error.message}") from None
        self._standing = standing
        group.create_task(costing_no_more(self._await_lapse(standing)))
        await self._send(written("connection_ack"))

    async def _await_lapse(self, standing: Standing) -> None:
        raise lapsed(await standing.lapse())

    def _subscribe(self, id: str, message: Mapping[str, Any], group: asyncio.TaskGroup) -> None:
        request = request_of(message)
        if self._standing is None:
            raise Closed(Closing.UNAUTHORIZED, "Unauthorized")
        if id in self._operations:
            raise Closed(Closing.SUBSCRIBER_EXISTS, f"Subscriber for {id} already exists")
        run = self._run(id, request, self._standing, len(self._operations) + 1)
        self._operations[id] = group.create_task(run)

    async def _run(self, id: str, request: GraphQLRequest, standing: Standing, running: int) -> None:
        last = written("complete", id=id)
        try:
            self._require_room(running)
            key = idempotency_key_of(request)
            opened = await self._desk.open(request, key, self._head, standing, self._responder)
            async with aclosing(opened) as answers:
                async for response in answers:
                    if response.status_code >= 300:
                        last = refused(id, response)
                        break
                    await self._send(told(id, response))
        except (Unauthenticated, Forbidden) as error:
            raise lapsed(error) from None
        except Closed:
            raise
        except BaseException as error:
            # The border: whatever fails is coded, logged and masked.
            if is_end(error):
                raise
            last = refused(id, self._responder.failure(failure_of(error)))
        # Forgotten first, so that the client may use the id again as soon as it hears the end.
        self._operations.pop(id, None)
        await self._send(last)

    def _require_room(self, running: int) -> None:
        if running > (limit := self._bounds.operations):
            what = "The connection has too many operations running"
            raise LimitExceeded(Code.STREAM_LIMIT_EXCEEDED, what, limit=limit, actual=running)

    def _end(self, id: str) -> None:
        """Ends an operation; nothing more is said of it."""
        task = self._operations.pop(id, None)
        if task is not None:
            task.cancel()

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._bounds.send_seconds):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closed(Closing.TRY_LATER, "SLOW_CONSUMER: read faster, or subscribe to less.") from None
        except (RuntimeError, OSError):
            # The socket was closed meanwhile; the receiver hears of it too.
            raise Closed from None


def lapsed(error: GraphError) -> Closed:
    """The end of a connection whose caller may not go on."""
    reason = error.extensions.get("reason") or error.code
    return Closed(Closing.FORBIDDEN, f"{reason}: {error.message}")


def _first(found: ExceptionGroup[Closed]) -> Closed:
    first = found.exceptions[0]
    return first if isinstance(first, Closed) else _first(first)
