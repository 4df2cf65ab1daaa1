"""Gateways over the demo's portals: loaded once per process and kind of database, copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from graphql.execution import Executor

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin
from tabard.testing import Gateway
from tests.support.databases import bundled, finished
from tests.support.postgres import Server


class Demos:
    """Databases with the demo, by the plugins whose data they hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._databases: dict[str, tuple[Server, str]] = {}

    def sqlite(self, plugins: Sequence[Plugin]) -> Path:
        """A SQLite file with the demo."""
        key = _key(plugins)
        if key not in self._files:
            path = self._folder / f"demo-{len(self._files)}.sqlite3"
            finished(_load(f"sqlite:///{path}", plugins))
            self._files[key] = path
        return self._files[key]

    def postgres(self, server: Server, plugins: Sequence[Plugin]) -> str:
        """The name of a PostgreSQL database with the demo, to be used as a template."""
        key = _key(plugins)
        if key not in self._databases:
            name = f"tabard_demo_{uuid4().hex[:16]}"
            finished(_load(server.create_database(name), plugins))
            self._databases[key] = (server, name)
        return self._databases[key][1]

    def drop(self) -> None:
        """Drops the templates."""
        for server, name in self._databases.values():
            server.drop_database(name)


async def _load(url: str, plugins: Sequence[Plugin]) -> None:
    async with Gateway.demo(*plugins, url=url):
        await asyncio.sleep(0)


def _key(plugins: Sequence[Plugin]) -> str:
    return repr(sorted((plugin.name, str(plugin.folder)) for plugin in plugins))


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demos]:
    """The demo databases of this process."""
    made = Demos(tmp_path_factory.mktemp("demos"))
    yield made
    made.drop()


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    """The plugins of the gateway; a module that wants others overrides it."""
    return bundled()


@pytest.fixture
def demo_sqlite_url(tmp_path: Path, demos: Demos, plugins: Sequence[Plugin]) -> str:
    """A SQLite database of the test's own, with the demo."""
    return f"sqlite:///{shutil.copyfile(demos.sqlite(plugins), tmp_path / 'demo.sqlite3')}"


@pytest.fixture
def demo_postgres_url(postgres: Server, demos: Demos, plugins: Sequence[Plugin]) -> Iterator[str]:
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
