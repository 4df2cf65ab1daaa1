"""Places: databases for a soak, which no test run lends its own to."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.promises.support.worlds import Marked, World, world_on
from tests.support.databases import Templates, bundled
from tests.support.gateways import load_demo
from tests.support.postgres import Lessor, Server

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


@contextmanager
def demo_database(kind: str) -> Iterator[str]:
    """The URL of a database of this kind with the demo; gone afterwards."""
    with TemporaryDirectory(prefix="tabard-soak-") as folder:
        demos = Templates(Path(folder), load_demo)
        if kind == SQLITE:
            yield f"sqlite:///{shutil.copyfile(demos.sqlite(bundled()), Path(folder) / 'soak.sqlite3')}"
            return
        with postgres() as server:
            try:
                with server.fresh_database(demos.postgres(server, bundled())) as url:
                    yield url
            finally:
                demos.drop()


@asynccontextmanager
async def marked_world(kind: str) -> AsyncIterator[World]:
    """Two portals whose rows are marked; on PostgreSQL row-level security guards them too."""
    with TemporaryDirectory(prefix="tabard-soak-") as folder:
        demos = Templates(Path(folder), load_demo)
        templates = Marked(demos, Path(folder))
        if kind == SQLITE:
            async with world_on(templates.sqlite(Path(folder) / "soak.sqlite3")) as world:
                yield world
            return
        with postgres() as server:
            try:
                with server.fresh_database(templates.postgres(server)) as url:
                    async with world_on(url, server.app_url(url)) as world:
                        yield world
            finally:
                templates.drop()
                demos.drop()


@contextmanager
def postgres() -> Iterator[Server]:
    """The server at TEST_POSTGRES_URL, else one that is started for this and ended afterwards."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield Server.at(given)
        return
    lessor = Lessor()
    try:
        yield lessor.server()
    finally:
        lessor.end()
