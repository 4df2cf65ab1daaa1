"""The clients that frontends use, each with its own tests in JavaScript, against a served demo."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.demos import RunningDemo
from tests.support.programs import ROOT, node_tools, npm_packages

HERE = Path(__file__).parent
CLIENTS = sorted(path.name for path in HERE.glob("*.test.js"))
PATIENCE = 300


@pytest.fixture(scope="module")
def packages() -> Path:
    return npm_packages(HERE)


@pytest.fixture
def project(packages: Path, tmp_path: Path) -> Path:
    """The frontends' project: our files, the contract, the documents, and the installed packages."""
    folder = tmp_path / "project"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "schema" / "schema.graphql", folder)
    shutil.copytree(ROOT / "schema" / "operations", folder / "operations")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return folder


def test_there_is_a_test_for_each_client() -> None:
    names = [name.removesuffix(".test.js") for name in CLIENTS]
    assert names == ["apollo", "codegen", "graphql-sse", "graphql-ws", "relay", "urql"]


@pytest.mark.promise("P28")
@pytest.mark.parametrize("client", CLIENTS)
def test_client_works_against_the_served_schema(client: str, project: Path, demo: RunningDemo) -> None:
    _, node = node_tools()
    settings = {"TABARD_ADDRESS": demo.address, "TABARD_TOKENS": json.dumps(demo.tokens), "NO_COLOR": "1"}
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", "--test-timeout=60000", client],
        cwd=project,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 0" not in done.stdout
