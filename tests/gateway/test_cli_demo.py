"""`tabard demo` as a stranger meets it: a process that makes its data, serves, and says how to ask it."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.exits import Exit
from tabard.personas import PERSONAS

PROGRAM = Path(sys.executable).with_name("tabard.exe" if os.name == "nt" else "tabard")
PATIENCE = 240.0
LAST_LINE = "Ctrl-C stops"
TABS = "{ workspace { name tabs { key state } } }"


@dataclass
class Process:
    """A running demo, and what it has said so far."""

    popen: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def wait_until_said(self, text: str) -> None:
        """Reads on until a line begins so; fails with all that was said when the process ends before."""
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith(text):
                return
        raise AssertionError(f"ended with {self.popen.wait()} and said:\n" + "\n".join(self.said))

    def line(self, pattern: str) -> str:
        """The first group of the only line that the pattern fits."""
        (found,) = [match for line in self.said if (match := re.fullmatch(pattern, line))]
        return found[1]

    @property
    def address(self) -> str:
        return self.line(r"Tabard \S+ answers at (\S+)/graphql")

    def token(self, persona: str) -> str:
        (number,) = [number for number, line in enumerate(self.said) if line.startswith(f"  {persona} (")]
        return self.said[number + 1].strip()

    def query(self, token: str, query: str) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        return httpx2.post(
            f"{self.address}/graphql", json={"query": query}, headers=headers, timeout=60
        ).json()

    def stop(self, number: int) -> int:
        """Ends the process by a signal; its exit code, negative for a signal."""
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE)


def environment(folder: Path) -> dict[str, str]:
    """No setting of this machine; compiled modules are kept, so that only the first start compiles them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TABARD_", "PYTHON"))}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "COLUMNS": "80"}


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Process]:
    """A demo that answers; gone afterwards."""
    with subprocess.Popen(
        [PROGRAM, "demo", "--port", "0", "--data", folder / "data", *options],
        cwd=folder,
        env=environment(folder.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as popen:
        watchdog = threading.Timer(PATIENCE, popen.kill)
        watchdog.start()
        try:
            process = Process(popen)
            process.wait_until_said(LAST_LINE)
            yield process
        finally:
            watchdog.cancel()
            popen.kill()


def ended(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Process]:
    """A demo that has just been started for the first time."""
    with started(folder) as process:
        yield process


def test_a_first_start_tells_what_it_does_and_what_it_serves(demo: Process, folder: Path) -> None:
    said = "\n".join(demo.said)
    assert demo.said[0] == f"Tabard {version('tabard')} is getting ready …"
    assert "  migrated: core_0001 (First tables)" in demo.said
    assert re.search(r"^  loaded: Tabard Demo, 2,\d{3} rows$", said, re.MULTILINE)
    assert demo.line(r"  database  (.*)") == str(folder / "data" / "tabard.sqlite3")
    assert demo.line(r"  plugins   (.*)") == "customers, revenue, services"
    assert demo.line(r"  portals   (.*)") == "demo, other"
    assert "they work on this machine only" in said


def test_the_addresses_that_are_printed_answer(demo: Process) -> None:
    schema, health = demo.line(r"  schema    (.*)"), demo.line(r"  health    (.*)")
    answers = [httpx2.get(address, timeout=60) for address in (schema, *health.split())]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "type Workspace" in answers[0].text
    assert answers[2].json()["status"] == "ready"
    assert [probe["name"] for probe in answers[2].json()["probes"]] == [
        "database",
        "migrations",
        "plugin:customers",
        "plugin:revenue",
        "plugin:services",
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="NO PASTED LINE WAS TESTED: curl is not here")
def test_the_curl_line_works_when_pasted(demo: Process) -> None:
    line = demo.line(r"(curl .*)")
    pasted = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    answer = json.loads(pasted.stdout)
    assert answer["data"]["viewer"] == {"name": "Dario Conti"}
    assert [tab["key"] for tab in answer["data"]["workspace"]["tabs"]] == ["customers", "services", "revenue"]


def test_every_persona_has_a_token_that_is_theirs(demo: Process) -> None:
    names = {
        persona.key: demo.query(demo.token(persona.key), "{ viewer { name portal { key } } }")["data"][
            "viewer"
        ]
        for persona in PERSONAS
    }
    assert names == {
        persona.key: {"name": persona.name, "portal": {"key": persona.portal}} for persona in PERSONAS
    }


def test_a_token_from_the_command_line_works_too(demo: Process, folder: Path) -> None:
    printed = ended(folder, "token", "--persona", "manager", "--data", str(folder / "data"))
    assert (printed.returncode, printed.stderr) == (0, "")
    answer = demo.query(printed.stdout.strip(), TABS)
    assert answer["data"]["workspace"]["name"] == "Renewals"


def test_a_token_of_another_installation_does_not(demo: Process) -> None:
    header, payload, signature = demo.token("csm").split(".")
    answer = demo.query(f"{header}.{payload}.{signature[::-1]}", TABS)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer


def test_a_port_that_is_taken_gets_one_sentence(demo: Process, folder: Path) -> None:
    port = demo.address.rpartition(":")[2]
    refused = ended(folder, "demo", "--port", port, "--data", str(folder / "unused"))
    assert refused.returncode == Exit.ADDRESS
    assert refused.stderr == (
        f"tabard: port {port} of 127.0.0.1 is taken by another program; "
        "stop that one, or choose another with --port\n"
    )
    assert not (folder / "unused").exists()


def test_a_database_in_use_is_not_started_over(demo: Process, folder: Path) -> None:
    refused = ended(folder, "demo", "--port", "0", "--data", str(folder / "data"), "--fresh")
    assert refused.returncode == Exit.DATA_FOLDER
    assert refused.stderr == (
        f"tabard: the database {folder / 'data' / 'tabard.sqlite3'} cannot be replaced (database is locked); "
        "stop the program that uses it, and start again\n"
    )
    assert demo.query(demo.token("csm"), TABS)["data"]["workspace"]["name"] == "Onboarding"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_demo_stops_when_told_and_goes_on_where_it_was(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        ids = first.query(first.token("csm"), "{ companies(first: 3) { nodes { id } } }")
        token = first.token("csm")
        assert first.stop(signal.SIGINT) == Exit.INTERRUPTED
    assert leases(tmp_path) == [False]
    with started(tmp_path) as second:
        assert [line for line in second.said if "loaded" in line or "migrated" in line] == []
        assert second.query(token, "{ companies(first: 3) { nodes { id } } }") == ids
        assert second.stop(signal.SIGTERM) == Exit.DONE
    assert leases(tmp_path) == [False, False]
    with started(tmp_path, "--fresh") as third:
        assert "  migrated: core_0001 (First tables)" in third.said
        assert third.query(token, TABS)["errors"][0]["extensions"]["reason"] == "USER_INACTIVE"
        assert third.query(third.token("csm"), TABS)["data"]["workspace"]["name"] == "Onboarding"


def leases(folder: Path) -> list[bool]:
    """For each node number that was leased, whether it still is."""
    with closing(sqlite3.connect(folder / "data" / "tabard.sqlite3")) as connection:
        rows = connection.execute("SELECT expires_at > datetime('now') FROM node_lease").fetchall()
    return [bool(row[0]) for row in rows]
