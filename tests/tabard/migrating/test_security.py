"""Row-level security, the second lock: a role that owns nothing meets one portal's rows and no others."""

import ast
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import sort_tables

from tabard.errors import CommandRefused
from tabard.migrating import Migrations
from tabard.storage.database import Database
from tabard.storage.door import TENANT
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.storage.tables import Tables
from tests.support.databases import bundled, connected
from tests.support.filling import PORTALS, ROWS, fill, rows_of
from tests.support.postgres import APP, Server
from tests.tabard.migrating.samples import sample, write

OURS, THEIRS = PORTALS
GUIDE = Path(__file__).parents[3] / "docs" / "operators" / "migrations.md"


def tenant_tables() -> list[sa.Table]:
    return [table for table in Migrations("sqlite:///none.db", bundled()).tables if TENANT in table.info]


@pytest.fixture
async def filled_url(migrated_postgres_url: str) -> str:
    """A database with rows of two portals in every table, granted to the role that owns nothing."""
    async with connected(migrated_postgres_url) as connection:
        await connection.run_sync(fill)
    await Migrations(migrated_postgres_url, bundled()).grant(APP)
    return migrated_postgres_url


@asynccontextmanager
async def as_app(postgres: Server, url: str, portal: int | None) -> AsyncIterator[AsyncConnection]:
    """A transaction of the role that owns nothing, for a portal."""
    async with connected(postgres.app_url(url)) as connection:
        if portal is not None:
            setting = sa.func.set_config("tabard.portal_id", str(portal), sa.false())
            await connection.execute(sa.select(setting))
        yield connection


@pytest.mark.promise("P2")
async def test_each_tenant_table_shows_one_portals_rows_and_without_a_portal_none(
    postgres: Server, filled_url: str
) -> None:
    seen: dict[str, list[int | None]] = {}
    for portal in (OURS, THEIRS, None):
        async with as_app(postgres, filled_url, portal) as connection:
            for table in tenant_tables():
                column = table.c[table.info[TENANT]]
                found = (await connection.execute(sa.select(column))).scalars().all()
                expected = 0 if portal is None else 1 if table.name == "portal" else ROWS
                assert found == [portal] * expected, table.name
                seen.setdefault(table.name, []).append(len(found))

    assert len(seen) == len(tenant_tables()) > 20


@pytest.mark.promise("P2")
async def test_no_tenant_table_takes_a_row_of_another_portal(postgres: Server, filled_url: str) -> None:
    for table in tenant_tables():
        row = next(iter(rows_of(table))) | {table.info[TENANT]: THEIRS}
        async with as_app(postgres, filled_url, OURS) as connection:
            with pytest.raises(DBAPIError, match="new row violates row-level security policy"):
                await connection.execute(sa.insert(table), row)


@pytest.mark.promise("P2")
async def test_no_row_is_changed_taken_or_handed_over_across_portals(
    postgres: Server, filled_url: str
) -> None:
    stage = {table.name: table for table in tenant_tables()}["stage"]
    async with as_app(postgres, filled_url, OURS) as connection:
        renamed = await connection.execute(sa.update(stage).values(label="ours"))
        deleted = await connection.execute(sa.delete(stage).where(stage.c.portal_id == THEIRS))
        with pytest.raises(DBAPIError, match="new row violates row-level security policy"):
            await connection.execute(sa.update(stage).values(portal_id=THEIRS))

    assert (renamed.rowcount, deleted.rowcount) == (ROWS, 0)


async def test_owner_is_exempt(filled_url: str) -> None:
    async with connected(filled_url) as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM company")) == ROWS * len(PORTALS)


@pytest.mark.promise("P2")
async def test_gateway_reads_and_writes_as_the_role_that_owns_nothing(
    postgres: Server, filled_url: str
) -> None:
    company = {table.name: table for table in tenant_tables()}["company"]
    tables = Tables({company.name: company})
    database = Database(postgres.app_url(filled_url), tables, StorageOptions(row_level_security=True))
    counted = []
    try:
        for portal in (OURS, THEIRS, OURS):
            async with database.writing(Scope(portal)) as session:
                await session.execute(sa.update(company).values(country=f"of {portal}"))
            reading = database.reading(Scope(portal))
            counted.append([row.country for row in await reading.fetch(sa.select(company.c.country))])
            await reading.close()
    finally:
        await database.close()

    assert counted == [[f"of {portal}"] * ROWS for portal in (OURS, THEIRS, OURS)]


async def test_primary_keys_are_looked_up_by_index_under_the_policy(
    postgres: Server, filled_url: str
) -> None:
    async with connected(filled_url) as connection:
        for table in tenant_tables():
            await connection.run_sync(_drop_all_but_the_primary_key, table)
    async with as_app(postgres, filled_url, OURS) as connection:
        await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        await connection.execute(sa.text("SET LOCAL enable_bitmapscan = off"))
        for table in tenant_tables():
            key = list(table.primary_key.columns)
            where = " AND ".join(f"{column.name} = '1'" for column in key)
            plan = "\n".join(
                (
                    await connection.execute(sa.text(f"EXPLAIN SELECT * FROM {table.name} WHERE {where}"))
                ).scalars()
            )
            condition = re.search(r"Index Cond: (.*)", plan)
            assert condition is not None, plan
            assert all(column.name in condition[1] for column in key), plan


def _drop_all_but_the_primary_key(connection: sa.Connection, table: sa.Table) -> None:
    for index in sa.inspect(connection).get_indexes(table.name):
        is_constraint = "duplicates_constraint" in index
        drop = f"ALTER TABLE {table.name} DROP CONSTRAINT" if is_constraint else "DROP INDEX"
        # Foreign keys to a unique constraint go with it.
        connection.exec_driver_sql(f"{drop} {index['name']} CASCADE")


async def test_each_index_compares_by_functions_that_the_policy_lets_go_first(filled_url: str) -> None:
    async with connected(filled_url) as connection:
        compared = (await connection.execute(sa.text(COMPARISONS))).all()

    assert {row.type for row in compared} >= {"bigint", "text", "date", "timestamp with time zone"}
    assert [row for row in compared if not row.proleakproof] == []


# PostgreSQL evaluates the policy before any condition that might leak values, and then uses no index for it.
COMPARISONS = """
SELECT DISTINCT format_type(o.amoplefttype, NULL) AS type, p.proname, p.proleakproof
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN unnest(i.indclass) AS used(opclass)
JOIN pg_opclass k ON k.oid = used.opclass
JOIN pg_amop o ON o.amopfamily = k.opcfamily AND (o.amoplefttype, o.amoprighttype) = (k.opcintype, k.opcintype)
JOIN pg_operator r ON r.oid = o.amopopr JOIN pg_proc p ON p.oid = r.oprcode
WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
"""


async def test_tenant_table_without_a_policy_is_found(postgres_url: str, tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    plugin.table("one")
    columns = ", ".join(
        f'sa.Column("{name}", Identifier(), autoincrement=False, nullable=False)'
        for name in ("portal_id", "id")
    )
    key = 'sa.PrimaryKeyConstraint("portal_id", "id", name="sample_one_pkey")'
    write(plugin, 1, f'op.create_table("sample_one", {columns}, {key})')
    migrations = Migrations(postgres_url, [plugin])
    await migrations.upgrade()
    missing = [ast.unparse(statement) for statement in (await migrations.draft()).statements]

    write(plugin, 2, 'secure("sample_one")')
    migrations = Migrations(postgres_url, [plugin])
    await migrations.upgrade()

    assert missing == ["secure('sample_one')"]
    assert (await migrations.draft()).statements == []


async def test_role_gets_rows_and_no_tables(postgres: Server, filled_url: str) -> None:
    async with as_app(postgres, filled_url, OURS) as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM migration")) == 2
        for refused in ("DELETE FROM migration", "CREATE TABLE mine (id int)", "TRUNCATE company"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with connection.begin_nested():
                    await connection.exec_driver_sql(refused)

    await Migrations(postgres.app_url(filled_url), bundled()).check()


async def test_guide_grants_what_the_gateway_needs(postgres: Server, migrated_postgres_url: str) -> None:
    [script] = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    statements = [text.strip() for text in script.replace("tabard_app", APP).split(";") if text.strip()]
    async with connected(migrated_postgres_url) as connection:
        await connection.run_sync(fill)
        for statement in statements:
            if not statement.startswith("CREATE ROLE"):
                await connection.exec_driver_sql(statement)

    async with as_app(postgres, migrated_postgres_url, OURS) as connection:
        for table in reversed(sort_tables(tenant_tables())):
            assert (await connection.execute(sa.delete(table))).rowcount > 0
    assert [statement for statement in statements if statement.startswith("CREATE ROLE")]


async def test_grant_names_a_role_that_is_not_there(migrated_postgres_url: str) -> None:
    with pytest.raises(CommandRefused) as refusal:
        await Migrations(migrated_postgres_url, bundled()).grant("nobody")

    assert str(refusal.value) == "there is no role 'nobody'; make it with CREATE ROLE, then grant again"


async def test_grant_is_refused_where_there_are_no_roles(migrated_sqlite_url: str) -> None:
    with pytest.raises(CommandRefused) as refusal:
        await Migrations(migrated_sqlite_url).grant(APP)

    assert str(refusal.value) == "SQLite has no roles; grant on a PostgreSQL database"
