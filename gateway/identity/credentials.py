"""Credentials: the one well-formed `Authorization` header of a request."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.codes import Code
from gateway.head import Head
from tabard.errors import Unauthenticated

# Case is nothing to the scheme alone: told of the whole, it would cost a look-up for each character of a token.
BEARER = re.compile(r"(?i:Bearer) [A-Za-z0-9._~+/-]+=*")


def authorization(head: Head) -> str | None:
    """The `Authorization` header, None without one; raises Unauthenticated unless it is a bearer token."""
    given = head.every(b"authorization")
    if not given:
        return None
    if len(given) > 1 or not BEARER.fullmatch(given[0]):
        raise Unauthenticated(f"The credentials are malformed. {Code.UNAUTHENTICATED.remedy}")
    return given[0]


def bearer(payload: Mapping[str, Any], header: str | None) -> str | None:
    """The credentials in the first message of a WebSocket, where browsers can send no header; else the header's.

    Raises Unauthenticated unless they are a bearer token.
    """
    given = [value for name, value in payload.items() if name.lower() == "authorization"]
    if not given:
        return header
    if len(given) > 1 or not isinstance(given[0], str) or not BEARER.fullmatch(given[0]):
        raise Unauthenticated(f"The credentials are malformed. {Code.UNAUTHENTICATED.remedy}")
    return given[0]
