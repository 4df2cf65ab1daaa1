"""Trusted documents on a served process, by the manifest that the command line makes."""

import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.support.servers import PATIENCE, PROGRAM, RunningServer, environment, token

ROOT = Path(__file__).parents[3]
OWN = "{ viewer { name } }"


@pytest.mark.parametrize(("mode", "own"), [("prefer", "OK"), ("require", "OPERATION_NOT_ALLOWED")])
def test_a_served_document_is_named_by_its_hash_and_others_are_as_the_mode_says(
    tmp_path: Path, demo_sqlite_url: str, mode: str, own: str
) -> None:
    manifest = tmp_path / "documents.json"
    command = [
        str(PROGRAM),
        "documents",
        "build",
        str(ROOT / "schema" / "operations"),
        "--output",
        str(manifest),
    ]
    built = subprocess.run(
        command, cwd=tmp_path, env=environment(demo_sqlite_url), capture_output=True, text=True, check=True
    )
    names = {line.split()[1]: line.split()[0] for line in built.stdout.splitlines()}
    settings = {"TABARD_DOCUMENTS__MODE": mode, "TABARD_DOCUMENTS__MANIFEST": str(manifest)}
    server = RunningServer(tmp_path, demo_sqlite_url, **settings)
    headers = {"authorization": f"Bearer {token(demo_sqlite_url)}"}
    try:
        with httpx2.Client(base_url=server.address, headers=headers, timeout=PATIENCE) as client:
            named = client.post("/graphql", json={"documentId": names["Companies"]}).json()
            assert named["data"]["companies"]["totalCount"] > 0
            errors = client.post("/graphql", json={"query": OWN}).json().get("errors")
            assert (errors[0]["extensions"]["code"] if errors else "OK") == own
            assert 'operation="Companies"' in client.get("/metrics").text
    finally:
        server.kill()
