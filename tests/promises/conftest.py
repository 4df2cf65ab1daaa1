"""Fixtures of the promises: marked databases of both kinds, with row-level security too."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.promises.support.worlds import MODES, SECURED, Marked, World, world_on
from tests.support.databases import Templates
from tests.support.postgres import Server

settings.register_profile("tabard", deadline=None, derandomize=True)
settings.load_profile("tabard")


@pytest.fixture(scope="session")
def marked(demos: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    """The marked databases of this process."""
    made = Marked(demos, tmp_path_factory.mktemp("marked"))
    yield made
    made.drop()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """The kind of database, and whether row-level security guards it too."""
    return str(request.param)


@pytest.fixture
async def world(
    mode: str, marked: Marked, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[World]:
    """Two portals in a database of the test's own."""
    if mode == "sqlite":
        async with world_on(marked.sqlite(tmp_path / "marked.sqlite3")) as made:
            yield made
    else:
        server: Server = request.getfixturevalue("postgres")
        with server.fresh_database(marked.postgres(server)) as url:
            served = server.app_url(url) if mode == SECURED else None
            async with world_on(url, served) as made:
                yield made
