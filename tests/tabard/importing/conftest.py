"""Fixtures of the import: a portal on either kind of database."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.databases import Templates, bundled
from tests.tabard.importing.importer import Importer, importing


@pytest.fixture
async def importer(migrated_url: str, tmp_path: Path) -> AsyncIterator[Importer]:
    """An importer on either kind of database in turn."""
    async with importing(migrated_url, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module")
async def shared(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Importer]:
    """An importer on SQLite for a module's tests of what is refused, so that nothing is written."""
    folder = tmp_path_factory.mktemp("shared")
    path = shutil.copyfile(templates.sqlite(bundled()), folder / "shared.sqlite3")
    async with importing(f"sqlite:///{path}", folder / "data") as made:
        yield made


@pytest.fixture
def refusing(shared: Importer) -> Iterator[Importer]:
    """The shared importer with an empty folder."""
    shared.steps.clear()
    yield shared
    shutil.rmtree(shared.folder)
    shared.folder.mkdir()
