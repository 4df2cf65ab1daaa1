"""The cluster of a test run starts where it can, says why it cannot, and never outlives the run."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.support.cluster import Cluster, binaries
from tests.support.postgres import Lessor, Server

ROOT = Path(__file__).resolve().parents[2]
KILLED_RUN = """
import os
from tests.support.postgres import Lessor
lease = Lessor()
lease.server()
print(lease.home, flush=True)
os.kill(os.getpid(), 9)
"""

FROZEN_RUN = """
import os
from tests.support.outages import private_server
with private_server() as private:
    private.freeze()
    print(private.home, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def programs(postgres: Server) -> Path:
    folder = binaries()
    if folder is None:
        pytest.skip(f"there are no programs of PostgreSQL here, only the server at {postgres.admin.host}")
    return folder


@pytest.fixture
def lessor() -> Iterator[Lessor]:
    lessor = Lessor()
    yield lessor
    lessor.end()


def test_server_on_loopback_asks_for_a_password(lessor: Lessor, programs: Path) -> None:
    cluster = Cluster.prepare(lessor.home, programs, loopback=True)
    try:
        url = cluster.start()
        Server.at(url)
        with pytest.raises(DBAPIError, match="password"):
            Server.at(sa.make_url(url).set(password="guess").render_as_string(hide_password=False))
    finally:
        cluster.stop()


def test_programs_are_copied_with_their_libraries(lessor: Lessor, programs: Path) -> None:
    lessor.home.mkdir()
    original = Cluster(lessor.home, programs, {}, loopback=False)
    copy = replace(original, bin=original.copied())

    assert copy.bin.is_relative_to(lessor.home)
    assert copy.runnable()


def test_failed_start_is_told_to_whoever_waits(lessor: Lessor, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="initdb"):
        lessor.server(programs=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="ends itself as POSIX kills")
@pytest.mark.parametrize("run", [KILLED_RUN, FROZEN_RUN], ids=["idle", "frozen"])
def test_cluster_is_gone_when_its_run_is_killed(programs: Path, run: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False
    )
    home = Path(killed.stdout.strip())

    assert killed.returncode == -9
    deadline = time.monotonic() + 60
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
