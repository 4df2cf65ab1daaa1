"""Proxy: stands between a client and a server on loopback, and does to their lines what networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum

# Ends a connection by a reset and not by a goodbye.
AT_ONCE = struct.pack("ii", 1, 0)


class Weather(Enum):
    """What happens to the lines."""

    FAIR = "bytes pass"
    BLACKHOLE = "bytes vanish, and nobody is told"
    HALF_OPEN = "what the server says vanishes"
    RESET = "whoever says something is cut off"


class Proxy:
    """Passes bytes on, after `latency` seconds and as the `weather` allows."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.weather = Weather.FAIR
        self.latency = 0.0
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens, at the same port as before."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cuts all lines off and refuses new ones."""
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        """Cuts all lines off."""
        for writer in self._lines:
            line: socket.socket = writer.get_extra_info("socket")
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.close()
        self._lines.clear()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        self._lines |= {writer, far_writer}
        for source, target, is_answer in ((reader, far_writer, False), (far_reader, writer, True)):
            task = asyncio.create_task(self._pass(source, target, is_answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                await asyncio.sleep(self.latency)
                if self.weather is Weather.RESET:
                    self.reset()
                if self.weather is Weather.FAIR or (self.weather is Weather.HALF_OPEN and not is_answer):
                    target.write(data)
                    await target.drain()
        target.close()


@asynccontextmanager
async def proxied(target: tuple[str, int]) -> AsyncIterator[Proxy]:
    """A proxy before the target for as long as the test needs it."""
    proxy = Proxy(target)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
