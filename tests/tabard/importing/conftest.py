"""Fixtures of the import: a portal on either kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tabard.importing.importer import Importer, importing


@pytest.fixture
async def importer(migrated_url: str, tmp_path: Path) -> AsyncIterator[Importer]:
    """An importer on either kind of database in turn."""
    async with importing(migrated_url, tmp_path / "data") as made:
        yield made


@pytest.fixture
async def lite(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Importer]:
    """An importer on SQLite, for what happens before anything is written."""
    async with importing(migrated_sqlite_url, tmp_path / "data") as made:
        yield made
