"""Ways round the tenant's door: raw SQL, caches, translations, renderings of one's own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles, deregister

from tabard.storage.door import PORTAL_KEY, DoorRefusal, install_door
from tests.tabard.storage.forgeries import render_raw
from tests.tabard.storage.portals import (
    BOTH_PORTALS,
    OURS,
    THEIRS,
    VIEWER,
    company,
    door_engine,
    in_order,
    metadata,
    plain_engine,
)

pytestmark = pytest.mark.promise("P2")


def test_a_statement_with_values_in_its_text_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(DoorRefusal, match="values in the text"):
        sa.select(company).compile(engine, compile_kwargs={"literal_binds": True})


def test_a_rendering_of_ones_own_for_a_listed_class_is_refused(engine: sa.Engine) -> None:
    compiles(sa.sql.elements.Null)(render_raw)
    try:
        with pytest.raises(DoorRefusal, match="Null has been given a rendering of its own"):
            sa.select(sa.null()).compile(engine)
    finally:
        deregister(sa.sql.elements.Null)
    assert "NULL" in str(sa.select(sa.null()).compile(engine))


def test_an_engine_has_one_door(engine: sa.Engine) -> None:
    with pytest.raises(ValueError, match="has a door already"):
        install_door(engine, sa.MetaData())


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database with both portals' rows, through the door."""
    await (await plain_engine(database_url, *BOTH_PORTALS)).dispose()
    engine = door_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("sql", ["SELECT name FROM company", "PRAGMA writable_schema = 1", "BEGIN; SELECT 1"])
async def test_raw_sql_is_refused_on_an_engine_with_the_door(door: AsyncEngine, sql: str) -> None:
    async with door.connect() as connection:
        with pytest.raises(DoorRefusal, match="RAW SQL refused"):
            await connection.exec_driver_sql(sql)


async def test_a_schema_translation_is_refused(door: AsyncEngine) -> None:
    async with door.connect() as connection:
        translated = await connection.execution_options(schema_translate_map={None: "other"})
        with pytest.raises(DoorRefusal, match="schema translation"):
            await translated.execute(sa.select(company), VIEWER)


async def test_what_another_engine_compiled_is_refused(door: AsyncEngine, database_url: str) -> None:
    statement = sa.select(company.c.name)
    shared: dict[Any, Any] = {}
    async with door.connect() as connection:
        cached = await connection.execution_options(compiled_cache=shared)
        assert len((await cached.execute(statement, VIEWER)).all()) == 5
        bare = create_async_engine(database_url)
        (key,) = shared
        shared[key] = statement.compile(bare.sync_engine, cache_key=shared[key].cache_key)
        with pytest.raises(DoorRefusal, match="has not compiled it"):
            await cached.execute(statement, VIEWER)


async def test_what_was_compiled_before_the_door_is_forgotten(database_url: str) -> None:
    engine = await plain_engine(database_url, *BOTH_PORTALS)
    statement = sa.select(company.c.portal_id).distinct()
    async with engine.connect() as connection:
        assert in_order(await connection.execute(statement)) == [(OURS,), (THEIRS,)]
        install_door(engine, metadata)
        assert in_order(await connection.execute(statement, VIEWER)) == [(OURS,)]
    await engine.dispose()


async def test_a_cached_statement_keeps_the_executions_portal(door: AsyncEngine) -> None:
    statement = sa.select(company.c.portal_id).distinct()
    async with door.connect() as connection:
        assert in_order(await connection.execute(statement, VIEWER)) == [(OURS,)]
        # The cached text is used, so nothing is inspected; the execution's values come first.
        forged = statement.params(**{PORTAL_KEY: THEIRS})
        assert in_order(await connection.execute(forged, VIEWER)) == [(OURS,)]


async def test_executions_that_give_the_portal_as_a_column_are_refused(door: AsyncEngine) -> None:
    row = VIEWER | {"id": 7, "name": "x", "portal_id": THEIRS}
    async with door.connect() as connection:
        for parameters in (row, [row, row | {"id": 8}]):
            with pytest.raises(DoorRefusal, match=r"sets 'company\.portal_id'"):
                await connection.execute(sa.insert(company), parameters)
            with pytest.raises(DoorRefusal, match=r"(sets|changes) 'company\.(portal_)?id'"):
                await connection.execute(sa.update(company), parameters)
