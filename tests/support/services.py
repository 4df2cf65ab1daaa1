"""Services: a whole service behind a real socket, in a thread of the test's process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.configuration import configured
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from gateway.installation import Installation
from gateway.live.streams import Streams
from gateway.loop import run
from gateway.server import Server
from gateway.serving import DEMO_TOKENS, Service
from tabard.personas import DEMO_PORTAL, FoundUser, find_user

T = TypeVar("T")
PATIENCE = 30


@dataclass
class Running:
    """A server that answers."""

    service: Service
    server: Server
    loop: asyncio.AbstractEventLoop
    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def within(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def user(self, persona: str, portal: str = DEMO_PORTAL) -> FoundUser:
        """Who a persona is."""
        return self.within(find_user(self.service.database, persona, portal))

    def token(self, persona: str, portal: str = DEMO_PORTAL) -> str:
        """A token of a persona."""
        tokens = DemoTokens(self.service.installation.secret(DEMO_TOKENS))
        user = self.user(persona, portal)
        return tokens.issue(Identity(user.portal_id, user.user_id))

    async def until(self, is_so: Callable[[Streams], bool]) -> None:
        """Waits for a state of the open streams."""
        async with asyncio.timeout(PATIENCE):
            while not is_so(self.service.gateway.streams):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.005)

    def stop(self) -> None:
        """Asks the server to end, as a signal does."""
        self.server.should_exit = True


@contextmanager
def serving(url: str, **settings: Any) -> Iterator[Running]:
    """A server over a database with the demo."""
    configuration = configured(database_url=url, secret_key="s" * 32, development=True, **settings)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    started: list[Running] = []
    is_up = threading.Event()

    async def serve() -> None:
        service = Service(Installation(configuration))

        async def begin() -> None:
            await service.open()
            started.append(Running(service, server, asyncio.get_running_loop(), listener.getsockname()[1]))
            is_up.set()

        server = Server(service, begin)
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=run, args=(serve,), daemon=True)
    thread.start()
    assert is_up.wait(PATIENCE)
    try:
        yield started[0]
    finally:
        started[0].stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
