"""`tabard serve` as an operator runs it: settings from the environment, logs on stderr, an end by signal."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

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
PATIENCE = 240.0
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@contextmanager
def started(folder: Path, url: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A server on a database; gone afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TABARD_")}
    configured = {"TABARD_DATABASE_URL": url, "TABARD_PORT": "0", "TABARD_SECRET_KEY": "s" * 32} | settings
    with subprocess.Popen(
        [PROGRAM, "serve"],
        cwd=folder,
        env=kept | configured,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as popen:
        watchdog = threading.Timer(PATIENCE, popen.kill)
        watchdog.start()
        try:
            yield popen
        finally:
            watchdog.cancel()
            popen.kill()


@contextmanager
def serving(
    folder: Path, url: str, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server on a database, and the entry of its log that says where it serves."""
    with started(folder, url, **settings) as popen:
        yield popen, entry(popen, "serving")


def entry(popen: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """Reads the log up to this event; every line is one JSON object."""
    assert popen.stderr is not None
    for line in popen.stderr:
        found: dict[str, Any] = json.loads(line)
        if found["event"].startswith(event):
            return found
    raise AssertionError(f"ended with {popen.wait()} without saying {event!r}")


def token(url: str) -> str:
    """A demo token of the CSM, signed with the server's secret."""

    async def work() -> Identity:
        database = Database(url, assemble([]).registry.tables)
        try:
            user = await find_user(database, "csm")
        finally:
            await database.close()
        return Identity(user.portal_id, user.user_id)

    secret = Installation(Configuration(secret_key="s" * 32)).secret(DEMO_TOKENS)  # type: ignore[arg-type]
    return DemoTokens(secret).issue(finished(work()))


def ask(address: str, given: str, query: str = "{ viewer { name } }") -> Any:
    headers = {"authorization": f"Bearer {given}"}
    return httpx2.post(address, json={"query": query}, headers=headers, timeout=60).json()


@POSIX
def test_a_server_in_development_says_so_and_takes_demo_tokens(
    tmp_path: Path, demo_postgres_url: str
) -> None:
    with serving(tmp_path, demo_postgres_url, TABARD_DEVELOPMENT="true") as (popen, said):
        assert said["plugins"] == ["customers", "revenue", "services"]
        warned = entry(popen, "DEVELOPMENT MODE")
        assert warned["level"] == "warning"
        answer = ask(said["address"], token(demo_postgres_url))
        assert answer["data"] == {"viewer": {"name": "Dario Conti"}}
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(PATIENCE) == 0
        assert popen.stdout is not None
        assert popen.stdout.read() == ""


def test_a_server_takes_no_demo_tokens_otherwise(tmp_path: Path, demo_sqlite_url: str) -> None:
    with serving(tmp_path, demo_sqlite_url, TABARD_BLOCKED_PLUGINS="revenue") as (popen, said):
        assert said["plugins"] == ["customers", "services"]
        assert entry(popen, "no token issuer")["level"] == "warning"
        (error,) = ask(said["address"], token(demo_sqlite_url))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["reason"]) == (
            "UNAUTHENTICATED",
            "NO_ISSUER",
        )
