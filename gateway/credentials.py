"""Credentials: the one well-formed `Authorization` header of a request."""

import re

from starlette.datastructures import Headers

from gateway.codes import Code
from tabard.errors import Unauthenticated

BEARER = re.compile(r"Bearer [A-Za-z0-9._~+/-]+=*", re.IGNORECASE)


def authorization(headers: Headers) -> str | None:
    """The `Authorization` header, None without one; raises Unauthenticated unless it is a bearer token."""
    given = headers.getlist("authorization")
    if not given:
        return None
    if len(given) > 1 or not BEARER.fullmatch(given[0]):
        raise Unauthenticated(f"The credentials are malformed. {Code.UNAUTHENTICATED.remedy}")
    return given[0]
