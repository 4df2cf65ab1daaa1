"""Demos: `tabard demo` as a person starts it, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

PROGRAMS = Path(sys.executable).parent
ADDRESS = re.compile(r"answers at (http://\S+)/graphql")
GUEST = re.compile(r"^  (?P<persona>[a-z-]+) \(.*\n  (?P<token>\S+)$", re.MULTILINE)
LAST_WORDS = "Ctrl-C stops"
PATIENCE = 60


@dataclass(frozen=True)
class RunningDemo:
    """A demo that answers: what it said when it started, and how its programs are called."""

    said: str
    environment: dict[str, str]

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        found = ADDRESS.search(self.said)
        assert found, self.said
        return found[1]

    @property
    def tokens(self) -> dict[str, str]:
        """The token of each persona."""
        return {found["persona"]: found["token"] for found in GUEST.finditer(self.said)}

    def ask(self, document: str, persona: str, **variables: Any) -> Any:
        """The answer as JSON."""
        response = httpx2.post(
            f"{self.address}/graphql",
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self.tokens[persona]}"},
            timeout=PATIENCE,
        )
        return response.json()


@contextmanager
def running(folder: Path, *paths: Path, **settings: str) -> Iterator[RunningDemo]:
    """A demo with its data in a folder, with whatever is installed in some paths, and with some settings."""
    search = os.pathsep.join(map(str, paths))
    environment = {**os.environ, "TABARD_DATA": str(folder), "PYTHONPATH": search, **settings}
    command = [str(PROGRAMS / "tabard"), "demo", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            said = ""
            while LAST_WORDS not in said:
                line = process.stdout.readline()
                assert line, f"the demo ended: {said}"
                said += line
            yield RunningDemo(said, environment)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
