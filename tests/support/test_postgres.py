"""The databases that the suite hands to its tests are real, fresh and rightly owned."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.support.postgres import APP, OWNER, Server


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=sa.NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def ask(url: str, *statements: str) -> Sequence[Any]:
    async with connected(url) as connection:
        for statement in statements[:-1]:
            await connection.exec_driver_sql(statement)
        return (await connection.exec_driver_sql(statements[-1])).one()


async def test_database_is_real_and_fresh(database_url: str) -> None:
    made = await ask(
        database_url, "CREATE TABLE note (id bigint)", "INSERT INTO note VALUES (1)", "SELECT id FROM note"
    )

    assert made == (1,)


async def test_owner_is_no_superuser(postgres_url: str) -> None:
    who = await ask(
        postgres_url, "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )

    assert who == (OWNER, False, False)


async def test_row_level_security_binds_the_app_role(postgres: Server, postgres_url: str) -> None:
    await ask(
        postgres_url,
        "CREATE TABLE note (id bigint)",
        "INSERT INTO note VALUES (1), (2), (3)",
        "ALTER TABLE note ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY odd ON note USING (id % 2 = 1)",
        f"GRANT SELECT ON note TO {APP}",
        "SELECT 1",
    )
    app_url = postgres.app_url(postgres_url)

    assert await ask(postgres_url, "SELECT count(*) FROM note") == (3,)
    assert await ask(app_url, "SELECT current_user, count(*) FROM note") == (APP, 2)


async def test_app_role_makes_no_table(postgres: Server, postgres_url: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for schema public"):
        await ask(postgres.app_url(postgres_url), "CREATE TABLE note (id bigint)")


async def test_copy_of_a_template_holds_its_rows_and_is_its_own(postgres: Server, postgres_url: str) -> None:
    await ask(postgres_url, "CREATE TABLE note (id bigint)", "INSERT INTO note VALUES (7)", "SELECT 1")
    template = sa.make_url(postgres_url).database

    with postgres.fresh_database(template) as copy:
        changed = await ask(copy, "UPDATE note SET id = 8", "SELECT id FROM note")

    assert (changed, await ask(postgres_url, "SELECT id FROM note")) == ((8,), (7,))


async def test_database_is_gone_afterwards_even_when_somebody_is_connected(postgres: Server) -> None:
    with postgres.fresh_database() as url:
        engine = create_async_engine(url)
        connection = await engine.connect()
        await connection.exec_driver_sql("SELECT 1")
    await connection.invalidate()
    await engine.dispose()

    name = sa.make_url(url).database
    left = await ask(postgres.url("postgres"), f"SELECT count(*) FROM pg_database WHERE datname = '{name}'")
    assert left == (0,)
