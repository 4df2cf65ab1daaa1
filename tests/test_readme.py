"""The README, followed by somebody who has just started the demo."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.demos import RunningDemo, running
from tests.support.pages import ROOT, Page

README = Page(ROOT / "README.md")


@pytest.mark.skipif(shutil.which("curl") is None, reason="THE README WAS NOT FOLLOWED: there is no curl")
def test_the_first_query_gives_the_answer_shown(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (command,) = README.of("bash")
    (answer,) = README.of("json")

    with running(tmp_path / "data") as demo:
        given = follow(command.text, demo, tmp_path)

    assert json.loads(given) == json.loads(answer.text)


def follow(command: str, demo: RunningDemo, folder: Path) -> str:
    """What a shell prints for the README's commands, at the port where this demo is."""
    script = command.replace("http://127.0.0.1:8000", demo.address)
    assert script != command
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=demo.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_map_names_every_folder() -> None:
    ours = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    generated = {"data", "dist"}
    assert {name for name in ours - generated if f"`{name}/`" not in README.text} == set()
