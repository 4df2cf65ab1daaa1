"""Body: receives a request's bytes within bounds of size and time."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.codes import Code
from gateway.head import Head
from gateway.limits import Limits
from gateway.refusal import LimitExceeded, Refusal
from tabard.beginning import Rest, begin

# A refused body is received up to this many times the limit: a client that is cut off while it still sends
# gets a reset connection instead of the answer.
GRACE = 16


class Body:
    """The body of one request. Its methods raise ClientDisconnect when the client goes before its end."""

    def __init__(self, receive: Receive, head: Head, limits: Limits) -> None:
        self._receive = receive
        self._head = head
        self._limits = limits
        self._received = 0
        self._is_complete = False
        self._is_late = False

    async def read(self) -> bytes:
        """The whole body; a client that sends slowly has no longer than one that stalls."""
        declared = self._head.first(b"content-length")
        if declared.isdecimal():
            # Twenty digits say enough; thousands of them are no number to Python.
            self._require_size(int(declared[:20]))
        arriving = begin(self._arrive())
        if not isinstance(arriving, Rest):
            return arriving
        try:
            async with asyncio.timeout(self._limits.upload_seconds):
                return await arriving
        except TimeoutError:
            self._is_late = True
            what = f"The body did not arrive within {self._limits.upload_seconds:g} seconds."
            raise Refusal(Code.REQUEST_TIMEOUT, f"{what} {Code.REQUEST_TIMEOUT.remedy}") from None

    async def _arrive(self) -> bytes:
        pieces = []
        while not self._is_complete:
            pieces.append(await self._next())
            self._require_size(self._received)
        return b"".join(pieces)

    async def discard(self) -> bool:
        """Receives what is left, within bounds; False when more may come and the connection must end."""
        # Who waits for leave to send is given none.
        if self._is_late or b"expect" in self._head:
            return self._is_complete
        try:
            async with asyncio.timeout(self._limits.upload_seconds):
                while not self._is_complete and self._received <= GRACE * self._limits.body_bytes:
                    await self._next()
        except TimeoutError:
            self._is_late = True
        return self._is_complete

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        self._received += len(piece)
        self._is_complete = not message.get("more_body", False)
        return piece

    def _require_size(self, size: int) -> None:
        if size > (limit := self._limits.body_bytes):
            raise LimitExceeded(
                Code.PAYLOAD_TOO_LARGE, "The body has too many bytes", limit=limit, actual=size
            )
