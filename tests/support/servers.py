"""Servers: `tabard serve` as operators run it, in processes that a test may end as it likes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psutil

from gateway.configuration import Configuration
from gateway.identity.demo_tokens import DemoTokens
from gateway.identity.identity import Identity
from gateway.installation import Installation
from gateway.serving import DEMO_TOKENS
from tabard.assembly import assemble
from tabard.personas import find_user
from tabard.storage.database import Database
from tests.support.databases import finished

PROGRAM = Path(sys.executable).with_name("tabard.exe" if os.name == "nt" else "tabard")
SECRET = "s" * 32
PATIENCE = 120.0
BETWEEN_LOOKS = 0.02


def environment(url: str, **settings: str) -> dict[str, str]:
    """The environment of a server on a database, with these settings and none of this process's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TABARD_")}
    return kept | {"TABARD_DATABASE_URL": url, "TABARD_PORT": "0", "TABARD_SECRET_KEY": SECRET} | settings


def token(url: str, persona: str = "csm") -> str:
    """A demo token of a persona, signed with the servers' secret."""

    async def work() -> Identity:
        database = Database(url, assemble([]).registry.tables)
        try:
            user = await find_user(database, persona)
        finally:
            await database.close()
        return Identity(user.portal_id, user.user_id)

    secret = Installation(Configuration(secret_key=SECRET)).secret(DEMO_TOKENS)  # type: ignore[arg-type]
    return DemoTokens(secret).issue(finished(work()))


class RunningServer:
    """A server in development mode; `ready_after` is how many seconds it took until /readyz said so."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self._log = folder / "server.log"
        started = time.monotonic()
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                [PROGRAM, "serve"],
                cwd=folder,
                env=environment(url, **{"TABARD_DEVELOPMENT": "true"} | settings),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            self.address = self._await_address(started + PATIENCE)
            self._await_ready(started + PATIENCE)
        except BaseException:
            self.kill()
            raise
        self.ready_after = time.monotonic() - started

    def kill(self) -> None:
        """Ends it at once, as the kernel does when memory is short; safe to call twice."""
        self._popen.kill()
        self._popen.wait(PATIENCE)

    def tell_to_end(self) -> None:
        """Asks it to end, as an orchestrator does."""
        self._popen.terminate()

    def end(self) -> int:
        """Its exit code, once it has ended as it was told."""
        return self._popen.wait(PATIENCE)

    @property
    def megabytes(self) -> float:
        """The memory that it holds."""
        return float(psutil.Process(self._popen.pid).memory_info().rss / 1_000_000)

    @property
    def working_seconds(self) -> float:
        """For how long it has had a processor."""
        times = psutil.Process(self._popen.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def story(self) -> str:
        """What it has logged."""
        return self._log.read_text(encoding="utf-8")

    @property
    def exceptions(self) -> str:
        """What it has logged of exceptions."""
        entries = map(json.loads, self.story.splitlines())
        return "\n".join(str(entry["exception"]) for entry in entries if "exception" in entry)

    def _await_address(self, deadline: float) -> str:
        while time.monotonic() < deadline and self._popen.poll() is None:
            for line in self.story.splitlines(keepends=True):
                if line.endswith("\n") and json.loads(line)["event"] == "serving":
                    return str(json.loads(line)["address"]).removesuffix("/graphql")
            time.sleep(BETWEEN_LOOKS)
        raise RuntimeError(f"the server does not serve: {self.story}")

    def _await_ready(self, deadline: float) -> None:
        while httpx2.get(f"{self.address}/readyz", timeout=PATIENCE).status_code != httpx2.codes.OK:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server does not become ready: {self.story}")
            time.sleep(BETWEEN_LOOKS)
