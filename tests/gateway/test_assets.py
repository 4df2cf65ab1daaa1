"""Building the query page: what is done when, and the sentence for whatever is in the way."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.assets import HERE, Assets
from gateway.cli import app
from gateway.exits import Exit

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="stands in for programs by shell scripts")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH; programs in it stand in for those of Node.js."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def pretend(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!{os.path.realpath('/bin/sh')}\n{script}\n")
    (programs / name).chmod(0o755)


def build(folder: Path) -> Result:
    return CliRunner().invoke(app, ["assets", "build"], env={"TABARD_ASSETS": str(folder)})


def refusal(folder: Path) -> str:
    result = build(folder)
    assert result.exit_code == Exit.USAGE
    assert not (folder / "graphiql").exists()
    assert [path for path in folder.glob("*") if path.name != "programs"] == []
    return result.stderr


def test_without_node_the_operator_is_told_what_to_install(programs: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path / "assets") == (
        "tabard: node and npm are not on PATH; install Node.js 20.19 or newer, and build again\n"
    )


@POSIX
@pytest.mark.parametrize("said", ["v18.20.4", "v20.18.3", "nonsense", ""])
def test_a_node_that_is_too_old_is_refused(programs: Path, tmp_path: Path, said: str) -> None:
    pretend(programs, "npm", "exit 0")
    pretend(programs, "node", f"echo '{said}'")
    assert "install Node.js 20.19 or newer" in refusal(tmp_path / "assets")


@POSIX
def test_packages_that_cannot_be_had_leave_nothing_behind(programs: Path, tmp_path: Path) -> None:
    pretend(programs, "npm", "echo 'npm error network is unreachable' >&2; exit 1")
    pretend(programs, "node", "echo v22.1.0")
    assert refusal(tmp_path / "assets") == (
        "tabard: npm cannot install the packages of GraphiQL:\n  npm error network is unreachable\n"
    )


@POSIX
def test_a_page_is_built_once_and_again_when_its_sources_change(programs: Path, tmp_path: Path) -> None:
    pretend(programs, "npm", "exit 0")
    pretend(
        programs,
        "node",
        "[ $1 = --version ] && echo v22.1.0 || { /bin/mkdir dist; echo page > dist/index.html; }",
    )
    folder = tmp_path / "assets"

    assert "GraphiQL is built in" in build(folder).stdout
    assert (folder / "graphiql" / "index.html").read_text() == "page\n"
    assert Assets(folder).is_current
    assert build(folder).stdout == f"GraphiQL is up to date in {folder / 'graphiql'}.\n"

    (folder / "graphiql" / "digest").write_text("of older sources")
    assert not Assets(folder).is_current
    assert "GraphiQL is built in" in build(folder).stdout
    assert [path.name for path in folder.iterdir()] == ["graphiql"]


@POSIX
def test_a_data_folder_that_is_made_for_the_page_is_its_owners(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABARD_DATA", str(tmp_path / "data"))
    build(tmp_path / "data" / "assets")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = build(tmp_path / "file" / "assets")
    assert result.exit_code == Exit.USAGE
    assert result.stderr.startswith("tabard: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "project", [HERE / "graphiql", HERE.parent / "tests" / "clients"], ids=lambda p: p.name
)
def test_every_npm_package_is_pinned_and_none_by_an_address(project: Path) -> None:
    manifest = json.loads((project / "package.json").read_text(encoding="utf-8"))
    pins = {**manifest.get("dependencies", {}), **manifest.get("devDependencies", {})}
    assert pins
    assert [name for name, pin in pins.items() if not re.fullmatch(r"\d+\.\d+\.\d+", pin)] == []
