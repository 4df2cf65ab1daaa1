"""Sockets: `/graphql` as a WebSocket: who may open one, and what it is refused with."""

from __future__ import annotations

from collections import Counter

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from structlog.contextvars import bound_contextvars

from gateway.configuration import Configuration
from gateway.engine import Authenticator
from gateway.envelope import given_or_new
from gateway.head import Head
from gateway.identity.credentials import authorization
from gateway.live.desk import Desk
from gateway.live.messages import SUBPROTOCOL, Closing
from gateway.live.session import TRANSPORT, Session
from gateway.live.streams import Streams
from gateway.load import Load
from gateway.media import GRAPHQL_RESPONSE
from gateway.origins import require_allowed
from gateway.response import Responder
from tabard.errors import GraphError


class Sockets:
    """An ASGI application that serves `graphql-transport-ws`.

    What is wrong with the handshake is answered as over HTTP; what comes later closes the socket. The errors
    of answers are counted in `codes`.
    """

    def __init__(
        self,
        desk: Desk,
        authenticator: Authenticator,
        streams: Streams,
        configuration: Configuration,
        load: Load,
        codes: Counter[str],
    ) -> None:
        self._desk = desk
        self._authenticator = authenticator
        self._streams = streams
        self._configuration = configuration
        self._load = load
        self._codes = codes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket, head = WebSocket(scope, receive, send), Head.of(scope)
        configuration = self._configuration
        request_id = given_or_new(head)
        responder = Responder(
            request_id,
            GRAPHQL_RESPONSE,
            configuration.limits.errors,
            configuration.limits.answer_bytes,
            configuration.development,
            self._codes,
        )
        with bound_contextvars(request_id=request_id):
            try:
                require_allowed(head, configuration.allowed_origins)
                self._load.require_running()
                credentials = authorization(head)
                with self._streams.connection(TRANSPORT):
                    if not await accepted(socket):
                        return
                    session = Session(
                        socket,
                        self._desk,
                        self._authenticator,
                        self._streams,
                        configuration,
                        responder,
                        head,
                        credentials,
                    )
                    await session.run()
            except GraphError as error:
                await socket.send_denial_response(responder.failure(error))


async def accepted(socket: WebSocket) -> bool:
    """Opens the socket; closes it at once when the client does not speak our protocol."""
    if SUBPROTOCOL in socket.scope["subprotocols"]:
        await socket.accept(SUBPROTOCOL)
        return True
    await socket.accept()
    await socket.close(Closing.SUBPROTOCOL_UNKNOWN, f"Subprotocol not acceptable; speak {SUBPROTOCOL}.")
    return False
