"""Origins: which pages of browsers may ask; Starlette tells the browsers, and what is foreign is refused here."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.codes import Code
from gateway.envelope import request_id_of
from gateway.head import Head
from gateway.refusal import Refusal, wrong_method
from gateway.response import Responder

METHODS = ("GET", "POST")
ASKED_METHOD = b"access-control-request-method"
SHOWN = ("retry-after", "server-timing", "x-request-id", "x-tabard-fallback")
DAY_SECONDS = 86_400


class Origins:
    """Middleware: lets in pages of our own origin and of listed ones; others get 403.

    A listed origin may read answers, with a token that the page sends itself: cookies are never asked for.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._shared = CORSMiddleware(
            app,
            allow_origins=self._allowed,
            allow_methods=METHODS,
            allow_headers=("*",),
            expose_headers=SHOWN,
            max_age=DAY_SECONDS,
            # Whoever lists a page means it to reach this server, wherever either of them is.
            allow_private_network=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = Head.of(scope)
        if refusal := self._refusal(head):
            await Responder(request_id_of(scope)).failure(refusal)(scope, receive, send)
            return
        app = self._shared if head.first(b"origin") in self._allowed else self._app
        await app(scope, receive, send)

    def _refusal(self, head: Head) -> Refusal | None:
        if not is_allowed(head, self._allowed):
            return foreign()
        if head.method == "OPTIONS" and ASKED_METHOD in head and head.first(ASKED_METHOD) not in METHODS:
            return wrong_method(", ".join(METHODS))
        return None


def foreign() -> Refusal:
    """The refusal of a page of a foreign origin."""
    code = Code.ORIGIN_NOT_ALLOWED
    return Refusal(code, f"{code.meaning} {code.remedy}", headers={"vary": "Origin"})


def require_allowed(head: Head, allowed: Collection[str]) -> None:
    """Refuses a page of a foreign origin."""
    if not is_allowed(head, allowed):
        raise foreign()


def is_allowed(head: Head, allowed: Collection[str]) -> bool:
    """Whether a page of the `Origin` may connect: a listed one, or one of the very host it asks.

    Programs other than browsers send no `Origin`.
    """
    origins = head.every(b"origin")
    if not origins:
        return True
    if len(origins) > 1:
        return False
    return origins[0] in allowed or _host(origins[0]) == head.first(b"host").lower() != ""


def _host(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else None
