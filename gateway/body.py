"""Body: receives a request's bytes within bounds of size and time."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.codes import Code
from gateway.limits import Limits
from gateway.refusal import LimitExceeded, Refusal

# What is left of a body that is not read to its end would be taken for the next request.
CLOSE = {"connection": "close"}


async def read_body(receive: Receive, declared: str | None, limits: Limits) -> bytes:
    """The whole body; raises ClientDisconnect when the client goes before its end.

    `declared` is the `Content-Length`. A client that sends slowly has no longer than one that stalls.
    """
    if declared and declared.isdecimal():
        # Twenty digits say enough; thousands of them are no number to Python.
        require_size(int(declared[:20]), limits.body_bytes)
    try:
        async with asyncio.timeout(limits.upload_seconds):
            return await gather(receive, limits.body_bytes)
    except TimeoutError:
        code = Code.REQUEST_TIMEOUT
        what = f"The body did not arrive within {limits.upload_seconds:g} seconds."
        raise Refusal(code, f"{what} {code.remedy}", headers=CLOSE) from None


async def gather(receive: Receive, limit: int) -> bytes:
    """Puts the pieces of a body together, up to the limit."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        require_size(len(body), limit)
        if not message.get("more_body", False):
            return bytes(body)


def require_size(size: int, limit: int) -> None:
    """Refuses a body that is larger than allowed."""
    if size > limit:
        what = "The body has too many bytes"
        raise LimitExceeded(Code.PAYLOAD_TOO_LARGE, what, limit=limit, actual=size, headers=CLOSE)
