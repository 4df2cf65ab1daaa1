"""Fixtures: the sample graph behind the edge, in this process and behind a real socket."""

import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import structlog
import uvicorn
from starlette.applications import Starlette

from gateway.app import Gateway, create_app
from gateway.configuration import Configuration
from gateway.logs import configure_logs
from gateway.misconfiguration import PREFIX
from tests.gateway.sample import SampleAuthenticator, SampleEngine


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Logs as a server writes them."""
    configure_logs(logging.INFO)
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine that runs the tests."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def engine() -> SampleEngine:
    """The sample graph."""
    return SampleEngine()


@pytest.fixture
def settings() -> dict[str, Any]:
    """What the configuration differs in from the defaults; tests parametrize it."""
    return {}


@pytest.fixture
def app(engine: SampleEngine, settings: dict[str, Any]) -> Starlette:
    """The whole edge."""
    return create_app(Gateway(Configuration(**settings), engine, SampleAuthenticator()))


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the edge in this process."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
def address(app: Starlette) -> Iterator[tuple[str, int]]:
    """Host and port of a real server."""
    # asyncio sends at once (TCP_NODELAY) only on sockets that were made for TCP by name.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
