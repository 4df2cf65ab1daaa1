"""P2: the tenant's door cannot be gone round: every table, seven ways; and once more without the door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tabard.errors import DoorRefusal
from tabard.storage.door import TENANT
from tabard.storage.postgres_connections import PORTAL_VARIABLE
from tabard.storage.scope import Scope
from tests.promises.support.worlds import MODES, Marked, World, tenant_tables, world_on
from tests.support.postgres import Server

pytestmark = pytest.mark.promise("P1", "P2")

# Row-level security alone: statements go past the door, as the role that owns nothing.
BARE = "postgresql, row-level security without the door"
TABLES = {table.name: table for table in tenant_tables()}
Run = Callable[..., Awaitable[Any]]


class Undone(Exception):
    """Ends a transaction without a trace."""


@dataclass
class Attack:
    """One portal's statements at one table, inside a transaction that is undone."""

    fetch: Run
    change: Run
    table: sa.Table
    portal: sa.Column[Any]
    ours: list[tuple[Any, ...]]
    their_rows: list[dict[str, Any]]
    their_portal: int
    is_stamped: bool

    @property
    def key(self) -> list[sa.Column[Any]]:
        return list(self.table.primary_key.columns)

    async def found(self, statement: Any) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in await self.fetch(statement))

    async def changed(self, statement: Any) -> int:
        return int(await self.change(statement))


async def select(attack: Attack) -> None:
    table, theirs = attack.table, attack.portal == attack.their_portal
    assert await attack.found(sa.select(*attack.key)) == attack.ours
    assert await attack.found(sa.select(*attack.key).where(theirs)) == []
    assert await attack.found(sa.select(sa.func.count()).select_from(table)) == [(len(attack.ours),)]


async def update(attack: Attack) -> None:
    loose = [column for column in attack.table.c if not column.primary_key] or attack.key[1:]
    same = sa.update(attack.table).values({loose[-1].name: loose[-1]})
    assert await attack.changed(same) == len(attack.ours)
    assert await attack.changed(same.where(attack.portal == attack.their_portal)) == 0


async def delete(attack: Attack) -> None:
    assert await attack.changed(sa.delete(attack.table).where(attack.portal == attack.their_portal)) == 0
    try:
        assert await attack.changed(sa.delete(attack.table)) == len(attack.ours)
    except sa.exc.IntegrityError:
        return  # Our own rows are referred to by other rows of ours.


async def join(attack: Attack) -> None:
    other = attack.table.alias("other")
    theirs = other.c[attack.portal.name] == attack.their_portal
    strangers = other.c[attack.portal.name] != attack.portal
    both = sa.select(*(other.c[column.name] for column in attack.key))
    assert await attack.found(both.select_from(attack.table.join(other, theirs))) == []
    assert await attack.found(both.select_from(attack.table.join(other, strangers))) == []


async def outer_join(attack: Attack) -> None:
    other = attack.table.alias("other")
    theirs = other.c[attack.portal.name] == attack.their_portal
    both = sa.select(*(other.c[column.name] for column in attack.key))
    rows = await attack.fetch(both.select_from(attack.table.outerjoin(other, theirs)))
    assert [tuple(row) for row in rows] == [(None,) * len(attack.key)] * len(attack.ours)


async def bulk_insert(attack: Attack) -> None:
    """Their rows, as a whole; and without their portal, which makes them ours or nobody's."""
    refused = (DoorRefusal, sa.exc.DBAPIError)
    if not attack.is_stamped:
        with pytest.raises(refused, match="row-level security"):
            await attack.change(sa.insert(attack.table), attack.their_rows)
        return
    with pytest.raises(DoorRefusal, match="the door sets the viewer's portal"):
        await attack.change(sa.insert(attack.table), attack.their_rows)
    rows = [
        {name: cell for name, cell in row.items() if name != attack.portal.name} for row in attack.their_rows
    ]
    try:
        await attack.change(sa.insert(attack.table), rows)
    except sa.exc.IntegrityError:
        return  # They refer to rows that are theirs.
    assert len(await attack.found(sa.select(*attack.key))) == len(attack.ours) + len(rows)


async def subquery(attack: Attack) -> None:
    other = attack.table.alias("other")
    theirs = sa.select(other.c[attack.key[-1].name]).where(other.c[attack.portal.name] == attack.their_portal)
    counted = sa.select(sa.func.count()).select_from(theirs.subquery())
    assert await attack.found(counted) == [(0,)]
    assert await attack.found(sa.select(*attack.key).where(theirs.exists())) == []
    assert await attack.found(sa.select(*attack.key).where(attack.key[-1].in_(theirs))) == []
    assert await attack.found(sa.select(theirs.scalar_subquery())) == [(None,)]


WAYS = {way.__name__: way for way in (select, update, delete, join, outer_join, bulk_insert, subquery)}


@dataclass
class Arena:
    """A world with what each kind of transaction needs, for all tests of the module."""

    world: World
    bare: AsyncEngine | None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[Run, Run]]:
        """What reads and what changes rows for our portal; in the end nothing has happened."""
        if self.bare is None:
            with suppress(Undone):
                async with self.world.gateway.graph.database.writing(Scope(self.world.ours, 1)) as session:
                    yield session.fetch, session.execute
                    raise Undone
            return
        async with self.bare.connect() as connection:
            setting = sa.func.set_config(PORTAL_VARIABLE, str(self.world.ours), True)
            await connection.execute(sa.select(setting))

            async def change(*arguments: Any) -> int:
                return (await connection.execute(*arguments)).rowcount

            yield connection.execute, change

    @asynccontextmanager
    async def attack(self, table: sa.Table) -> AsyncIterator[Attack]:
        """Both portals' rows are read before the transaction: on SQLite it has the database to itself."""
        portal = table.c[table.info[TENANT]]
        places = [list(table.c).index(column) for column in table.primary_key.columns]
        ours = (await self.world.rows(self.world.ours, table))[table.name]
        theirs = (await self.world.rows(self.world.theirs, table))[table.name]
        async with self.transaction() as (fetch, change):
            yield Attack(
                fetch,
                change,
                table,
                portal,
                sorted(tuple(row[place] for place in places) for row in ours),
                [dict(zip(table.c.keys(), row, strict=True)) for row in theirs],
                self.world.theirs,
                is_stamped=self.bare is None,
            )


@pytest.fixture(scope="module", params=[*MODES, BARE])
async def arena(
    request: pytest.FixtureRequest, marked: Marked, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Arena]:
    if request.param == "sqlite":
        async with world_on(marked.sqlite(tmp_path_factory.mktemp("door") / "marked.sqlite3")) as world:
            yield Arena(world, None)
        return
    server: Server = request.getfixturevalue("postgres")
    with server.fresh_database(marked.postgres(server)) as url:
        served = server.app_url(url)
        bare = create_async_engine(served, poolclass=sa.NullPool) if request.param == BARE else None
        async with world_on(url, None if request.param == "postgresql" else served) as world:
            yield Arena(world, bare)


@pytest.fixture(scope="module", autouse=True)
async def untouched(arena: Arena) -> AsyncIterator[None]:
    before = await arena.world.checksum(arena.world.theirs)
    yield
    assert await arena.world.checksum(arena.world.theirs) == before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TABLES)
async def test_no_way_leads_to_a_row_of_theirs(arena: Arena, name: str, way: str) -> None:
    async with arena.attack(TABLES[name]) as attack:
        assert attack.ours
        assert attack.their_rows
        await WAYS[way](attack)


@pytest.mark.parametrize("name", TABLES)
async def test_a_session_without_a_portal_finds_no_row_at_all(arena: Arena, name: str) -> None:
    table = TABLES[name]
    if arena.bare is not None:
        async with arena.bare.connect() as connection:
            assert (await connection.execute(sa.select(table))).all() == []
    else:
        session = arena.world.gateway.graph.database.reading(Scope(0))
        try:
            assert list(await session.fetch(sa.select(table))) == []
        finally:
            await session.close()


def test_every_table_that_a_migration_made_is_known() -> None:
    assert len(TABLES) >= 20
    assert all(table.info[TENANT] in table.c for table in TABLES.values())
