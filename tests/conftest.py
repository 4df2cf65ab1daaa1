"""Fixtures of the whole suite: the event loop and real, empty databases of both kinds."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import Lease, Lessor, NoPostgresError, Server

pytest_plugins = ("tests.support.databases", "tests.support.gateways", "tests.support.stores")

LEASE = pytest.StashKey[Lease]()


def pytest_configure(config: pytest.Config) -> None:
    """Gives the run one lease: the controller makes it, xdist's workers are told of it."""
    told = getattr(config, "workerinput", None)
    config.stash[LEASE] = Lease(Path(told["postgres_home"]), told["postgres_port"]) if told else Lessor()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of xdist where the run's cluster is."""
    lease = node.config.stash[LEASE]
    node.workerinput |= {"postgres_home": str(lease.home), "postgres_port": lease.port}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the run's cluster."""
    lease = config.stash[LEASE]
    if isinstance(lease, Lessor):
        lease.end()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Server:
    """A real PostgreSQL, shared by the whole run; skips loudly where there is none."""
    given = os.environ.get("TEST_POSTGRES_URL")
    try:
        return Server.at(given) if given else pytestconfig.stash[LEASE].server()
    except NoPostgresError as absence:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(f"REQUIRE_POSTGRES is 1, but there is no PostgreSQL: {absence}")
        pytest.skip(f"NO POSTGRESQL WAS TESTED: {absence}")


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database, as the role that owns it."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'tabard.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database, of either kind in turn."""
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    url: str = request.getfixturevalue(fixtures[request.param])
    return url
