"""Server: a service behind a socket: how it begins, what it tells meanwhile, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import FrameType
from typing import Final

import structlog
import uvicorn

from gateway.address import listen, shown
from gateway.protocol import Protocol
from gateway.serving import Service

# The end takes ten seconds at most: requests finish, then what is left is ended, then the database is left.
FINISH_SECONDS: Final = 6.0
GRACE_SECONDS: Final = 1
# Streams that do not end by then are cut off with whatever else still runs.
DRAIN_SECONDS: Final = 3
# How many objects more there are before the garbage among them is looked for; an answer has thousands.
GARBAGE: Final = 10_000

log = structlog.get_logger(__name__)

Begin = Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """A server that answers its probes while `begin` gets the service ready, and refuses all else until then.

    What `begin` raises ends it. Its end first tells those who hold a stream, and then waits for the requests
    that run.
    """

    def __init__(self, service: Service, begin: Begin) -> None:
        configuration = service.installation.configuration
        bounds = configuration.streams
        self._streams = service.gateway.streams
        self._load = service.gateway.load
        self._load.is_starting = True
        self._begin = begin
        self._beginning: asyncio.Task[None] | None = None
        super().__init__(
            uvicorn.Config(
                service.app(),
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                forwarded_allow_ips=sorted(configuration.proxies),
                timeout_graceful_shutdown=GRACE_SECONDS,
                ws_max_size=bounds.message_bytes,
                ws_ping_interval=bounds.heartbeat_seconds,
                ws_ping_timeout=bounds.send_seconds,
                # A thousand connections would keep a compressor each.
                ws_per_message_deflate=False,
            )
        )

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until a signal ends it; raises what `begin` has raised."""
        await super().serve(sockets)
        if self._beginning is not None and not self._beginning.cancelled():
            self._beginning.result()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers, and begins."""
        await super().startup(sockets)
        log.info("starting", address=", ".join(map(shown, sockets or ())))
        self._beginning = asyncio.create_task(self._begun())

    async def _begun(self) -> None:
        try:
            await self._begin()
        except BaseException:
            self.should_exit = True
            raise
        settle()
        self._load.is_starting = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the server; a server that was told to end by SIGTERM has done what it was asked."""
        self._load.is_leaving = True
        if sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams and lets running requests finish, while new ones are refused; then ends the rest."""
        if self._load.is_starting:
            await self._give_up()
        else:
            await self._load.linger()
        await asyncio.gather(self._load.finish(FINISH_SECONDS), self._drain())
        await super().shutdown(sockets)

    async def _give_up(self) -> None:
        """Ends the beginning; nobody has been told yet that there is a server."""
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait([self._beginning])

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._streams.drain()


def settle() -> None:
    """Takes what a server is made of, which stays until its end, out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


async def serve(service: Service, listener: socket.socket, begin: Begin) -> None:
    """Serves until a signal ends it; `begin` gets the service ready, and says so. Raises AddressUnavailable."""
    server = Server(service, begin)
    listen(listener)
    await server.serve(sockets=[listener])
