"""Engines with the tenant's door, connected or not."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from tests.tabard.storage.portals import (
    BOTH_PORTALS,
    Databases,
    door_engine,
    engine_for,
    metadata,
    plain_engine,
)


@pytest.fixture
async def both(database_url: str) -> AsyncIterator[Databases]:
    """One database with both portals' rows: through the door, and bare."""
    bare = await plain_engine(database_url, *BOTH_PORTALS)
    pair = Databases(door_engine(database_url), bare)
    yield pair
    for engine in pair:
        await engine.dispose()


@pytest.fixture(params=["sqlite://", "postgresql+asyncpg://"])
def url(request: pytest.FixtureRequest) -> str:
    """Where an engine of either kind would connect to."""
    return str(request.param)


@pytest.fixture
def engine(url: str) -> sa.Engine:
    """An engine with the door for the two portals' tables."""
    return engine_for(url, metadata)
