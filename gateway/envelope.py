"""Envelope: what goes round every answer: the request's id, and headers that browsers heed."""

import re
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from gateway.head import Head
from gateway.response import Responder
from tabard.ends import failure_of, is_end

HEADER = b"x-request-id"
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}")
SECURITY = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Envelope:
    """Middleware: gives each request an id, answers what nothing else caught, and adds headers.

    A header that the answer already has is left as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = given_or_new(Head.of(scope))
        scope.setdefault("state", {})["request_id"] = request_id
        is_started = False

        async def send_enveloped(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                message["headers"] = enveloped(list(message.get("headers", ())), request_id)
            await send(message)

        logged = bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_enveloped)
        except BaseException as error:
            if is_started or is_end(error):
                raise
            await Responder(request_id).failure(failure_of(error))(scope, receive, send_enveloped)
        finally:
            reset_contextvars(**logged)


def request_id_of(scope: Scope) -> str:
    """The id of the request, as it stands in every error, in the log and in the answer's headers."""
    return str(scope["state"]["request_id"])


def given_or_new(head: Head) -> str:
    """The caller's id for the request when it is plain and short, else a new one."""
    given = head.first(HEADER)
    return given if REQUEST_ID.fullmatch(given) else new_id()


def new_id() -> str:
    """An id that no other request has. It is no secret, so the system need not be asked for each."""
    return f"{getrandbits(96):024x}"


def enveloped(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """The headers with the request's id and those for browsers."""
    present = dict(headers)
    added = [pair for pair in SECURITY if pair[0] not in present]
    return [*headers, (HEADER, request_id.encode()), *added]
