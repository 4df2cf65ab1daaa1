"""Gateways over the demo's portals: loaded once per process and kind of database, copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from graphql.execution import Executor

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin
from tabard.testing import Gateway
from tests.support.databases import Templates, bundled
from tests.support.postgres import Server


async def load_demo(url: str, plugins: Sequence[Plugin]) -> None:
    """Makes the tables of the core and of the plugins, and the demo in them."""
    async with Gateway.demo(*plugins, url=url):
        await asyncio.sleep(0)


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The demo databases of this process."""
    made = Templates(tmp_path_factory.mktemp("demos"), load_demo)
    yield made
    made.drop()


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    """The plugins of the gateway; a module that wants others overrides it."""
    return bundled()


@pytest.fixture
def demo_sqlite_url(tmp_path: Path, demos: Templates, plugins: Sequence[Plugin]) -> str:
    """A SQLite database of the test's own, with the demo."""
    return f"sqlite:///{shutil.copyfile(demos.sqlite(plugins), tmp_path / 'demo.sqlite3')}"


@pytest.fixture
def demo_postgres_url(postgres: Server, demos: Templates, plugins: Sequence[Plugin]) -> Iterator[str]:
    """A PostgreSQL database of the test's own, with the demo."""
    with postgres.fresh_database(demos.postgres(postgres, plugins)) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def demo_url(request: pytest.FixtureRequest) -> str:
    """A database with the demo, of either kind in turn."""
    names = {"sqlite": "demo_sqlite_url", "postgresql": "demo_postgres_url"}
    url: str = request.getfixturevalue(names[request.param])
    return url


@pytest.fixture
async def gateway(demo_url: str, plugins: Sequence[Plugin]) -> AsyncIterator[Gateway]:
    """A gateway over the demo, on either kind of database in turn."""
    async with opened(demo_url, plugins) as made:
        yield made


@asynccontextmanager
async def opened(
    url: str, plugins: Sequence[Plugin], executor: type[Executor[Any]] = CompiledExecutor
) -> AsyncIterator[Gateway]:
    """A gateway on a database with the demo, which plans each document at once; afterwards no connection is in use."""
    async with Gateway.on(url, *plugins, executor=executor) as made:
        Plans.of(made.graph.graphql_schema).sightings = 1
        yield made
        assert made.graph.database.checked_out == 0, "a connection was not given back"
