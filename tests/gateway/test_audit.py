"""The audit of GraphQL over HTTP by npm's graphql-http, against a real socket."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import node_tools, npm_packages

PROJECT = Path(__file__).resolve().parents[1] / "audit"


def audited(address: tuple[str, int], *headers: str) -> dict[str, str]:
    """The outcome of each requirement, by what it asks for."""
    folder = npm_packages(PROJECT)
    _, node = node_tools()
    (folder / "audit.js").write_bytes((PROJECT / "audit.js").read_bytes())
    host, port = address
    done = subprocess.run(
        [node, "audit.js", f"http://{host}:{port}/graphql", *headers],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {f"{item['name']} ({item['id']})": item["status"] for item in found}


@pytest.mark.promise("P28")
@pytest.mark.parametrize("headers", [(), ("graphql-require-preflight: 1",)], ids=["plain", "preflight"])
def test_every_must_and_should_of_graphql_over_http_is_kept(
    address: tuple[str, int], headers: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = audited(address, *headers)
    kept = [name for name, status in outcomes.items() if status == "ok"]
    with capsys.disabled():
        print(f"\ngraphql-http audit: {len(kept)} of {len(outcomes)} requirements kept")  # noqa: T201
    assert {name: status for name, status in outcomes.items() if status in {"warn", "error"}} == {}
    assert len(outcomes) >= 60
    assert not headers or len(kept) == len(outcomes)
