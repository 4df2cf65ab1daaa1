"""The example of a third party: built, installed where nothing else is, found and queried."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demos import PROGRAMS, RunningDemo, running
from tests.support.pages import ROOT

EXAMPLE = ROOT / "examples" / "renewals"
BUILD = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
SHOW = """
mutation ($workspace: ID!) {
  workspaceTabSetVisible(input: {workspace: $workspace, tab: "renewals", visible: true}) {
    workspace { tabs { key state } }
    userErrors { message }
  }
}
"""
SET = """
mutation ($company: ID!) {
  renewalSet(input: {company: $company, dueOn: "2025-06-30"}) { userErrors { message } }
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the distribution installed; a wheel of plain Python is installed by unpacking it."""
    folder = tmp_path_factory.mktemp("renewals")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    wheel = run([sys.executable, "-c", BUILD, str(folder)], cwd=source).strip()
    with zipfile.ZipFile(folder / wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def demo(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo in a process that finds the example by its entry point."""
    with running(tmp_path_factory.mktemp("data"), site) as made:
        yield made


def run(command: list[str], cwd: Path, *paths: Path) -> str:
    """What a program prints; it must end well."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_whole_tab_has_at_most_45_lines() -> None:
    text = (EXAMPLE / "renewals_tab" / "__init__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 45


def test_the_command_plugins_says_what_the_example_contributes(site: Path, tmp_path: Path) -> None:
    listed = run([str(PROGRAMS / "tabard"), "plugins"], tmp_path, site)
    assert (
        "renewals: tabard-renewals 0.1.0, renewals_tab:tab\n"
        "  contributes a tab with settings, 2 fields, 1 mutation, 1 table\n"
    ) in listed


def test_the_installed_tab_is_shown_filled_and_queried_on_the_demo(demo: RunningDemo) -> None:
    found = demo.ask(
        "{ workspace { id renewals { settings { horizonDays } } } companies(first: 1) { nodes { id } } }",
        "manager",
    )
    workspace, company = found["data"]["workspace"], found["data"]["companies"]["nodes"][0]["id"]
    assert workspace["renewals"] is None

    shown = demo.ask(SHOW, "manager", workspace=workspace["id"])["data"]["workspaceTabSetVisible"]
    assert {"key": "renewals", "state": "VISIBLE"} in shown["workspace"]["tabs"]
    assert demo.ask(SET, "manager", company=company)["data"] == {"renewalSet": {"userErrors": []}}

    upcoming = demo.ask("{ workspace { renewals { upcoming { nodes { id renewsOn } } } } }", "manager")
    node = {"id": company, "renewsOn": "2025-06-30"}
    assert upcoming["data"] == {"workspace": {"renewals": {"upcoming": {"nodes": [node]}}}}


def test_the_examples_own_tests_pass_where_it_is_installed(site: Path) -> None:
    source = site.parent / "source"
    said = run([sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-q"], source, site)
    assert " passed" in said
