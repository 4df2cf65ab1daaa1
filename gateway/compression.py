"""Compression: answers of more than a kilobyte are sent as gzip to whoever accepts it.

An answer holds no secret beside what its caller chose to ask for: tokens are never sent back, and browsers share
no cookies. So its length tells a listener nothing worth guessing.
"""

from functools import lru_cache

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.head import Head

SMALLEST_BYTES = 1_024
# Measured on an answer of 170 KB: 1.3 ms, where level 6 takes 13 and level 9 takes 19, for 13 to 18 % more bytes.
LEVEL = 4


class Compression:
    """Middleware: Starlette's, for requests whose `Accept-Encoding` really accepts gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = scope["type"] == "http" and Head.of(scope).every(b"accept-encoding")
        app = self._app
        if accepted and accepts_gzip(", ".join(accepted)):
            app = GZipMiddleware(app, minimum_size=SMALLEST_BYTES, compresslevel=LEVEL)
        await app(scope, receive, send)


def compressible(response: Response) -> ASGIApp:
    """The answer, compressed for whoever accepts it if it is long; most are short, and then nobody is asked."""
    return Compression(response) if len(response.body) >= SMALLEST_BYTES else response


@lru_cache(maxsize=64)
def accepts_gzip(accepted: str) -> bool:
    """Whether gzip is among the encodings, and its weight is not zero."""
    for encoding in accepted.split(","):
        name, _, parameters = encoding.partition(";")
        if name.strip() == "gzip":
            weight = parameters.replace(" ", "").removeprefix("q=")
            return weight.strip("0.") != "" or not weight
    return False
