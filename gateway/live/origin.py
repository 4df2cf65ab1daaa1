"""Origin: which web pages may open a WebSocket, for browsers let every page try."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from gateway.codes import Code
from gateway.refusal import Refusal


def require_allowed(headers: Headers, allowed: Collection[str]) -> None:
    """Refuses a page of a foreign origin."""
    if not is_allowed(headers, allowed):
        code = Code.ORIGIN_NOT_ALLOWED
        raise Refusal(code, f"{code.meaning} {code.remedy}")


def is_allowed(headers: Headers, allowed: Collection[str]) -> bool:
    """Whether a page of the `Origin` may connect: a listed one, or one of the very host it asks.

    Programs other than browsers send no `Origin`.
    """
    origins = headers.getlist("origin")
    if not origins:
        return True
    if len(origins) > 1:
        return False
    return origins[0] in allowed or _host(origins[0]) == headers.get("host", "").lower() != ""


def _host(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else None
