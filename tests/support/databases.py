"""Migrated databases, cheaply: a test gets a copy of one that is migrated once per process."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tabard import Plugin
from tabard.migrating import Migrations
from tests.support.postgres import Server

T = TypeVar("T")


def bundled() -> list[Plugin]:
    """The plugins that are installed here, as the entry points name them."""
    points = sorted(entry_points(group="tabard.plugins"), key=lambda point: point.name)
    return [point.load() for point in points]


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns; works inside a running event loop too."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction of its own, past the door."""
    engine = create_async_engine(url, poolclass=sa.NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


Filling = Callable[[str, Sequence[Plugin]], Coroutine[Any, Any, object]]


async def migrate(url: str, plugins: Sequence[Plugin]) -> None:
    """Makes the tables of the core and of the plugins."""
    await Migrations(url, plugins).upgrade()


class Templates:
    """Databases to be copied, each filled once; by the plugins whose tables they hold."""

    def __init__(self, folder: Path, fill: Filling = migrate) -> None:
        self._folder = folder
        self._fill = fill
        self._files: dict[str, Path] = {}
        self._databases: dict[str, tuple[Server, str]] = {}

    def sqlite(self, plugins: Sequence[Plugin]) -> Path:
        """The file of a SQLite database."""
        key = _key(plugins)
        if key not in self._files:
            path = self._folder / f"template-{len(self._files)}.sqlite3"
            finished(self._fill(f"sqlite:///{path}", plugins))
            self._files[key] = path
        return self._files[key]

    def postgres(self, server: Server, plugins: Sequence[Plugin]) -> str:
        """The name of a PostgreSQL database."""
        key = _key(plugins)
        if key not in self._databases:
            name = f"tabard_template_{uuid4().hex[:16]}"
            self._databases[key] = (server, name)
            finished(self._fill(server.create_database(name), plugins))
        return self._databases[key][1]

    def drop(self) -> None:
        """Drops the databases on servers."""
        for server, name in self._databases.values():
            server.drop_database(name)


def _key(plugins: Sequence[Plugin]) -> str:
    return repr(sorted((plugin.name, str(plugin.folder)) for plugin in plugins))


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The migrated databases of this process."""
    made = Templates(tmp_path_factory.mktemp("templates"))
    yield made
    made.drop()


@pytest.fixture
def migrated_plugins() -> Sequence[Plugin]:
    """Whose tables `migrated_url` has; a module that wants others overrides it."""
    return bundled()


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, templates: Templates, migrated_plugins: Sequence[Plugin]) -> str:
    """The URL of a migrated SQLite database without rows."""
    path = shutil.copyfile(templates.sqlite(migrated_plugins), tmp_path / "migrated.sqlite3")
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def migrated_postgres_url(
    postgres: Server, templates: Templates, migrated_plugins: Sequence[Plugin]
) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database without rows, as the role that owns it."""
    with postgres.fresh_database(templates.postgres(postgres, migrated_plugins)) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows, of either kind in turn."""
    fixtures = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url"}
    url: str = request.getfixturevalue(fixtures[request.param])
    return url
