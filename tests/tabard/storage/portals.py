"""Two portals' rows to look at through the door, and databases that hold one or both of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tabard.storage.door import ACTOR_KEY, OWN, PORTAL_KEY, PUBLIC, TENANT, install_door

OURS, THEIRS = 1, 2
ME, COLLEAGUE = 10, 11
VIEWER = {PORTAL_KEY: OURS, ACTOR_KEY: ME}
STRANGER = {PORTAL_KEY: THEIRS, ACTOR_KEY: 20}

metadata = sa.MetaData()

portal = sa.Table(
    "portal",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(40), nullable=False),
    info={TENANT: "id"},
)
company = sa.Table(
    "company",
    metadata,
    sa.Column("portal_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("parent_id", sa.BigInteger),
    sa.Column("size", sa.Integer),
    sa.Column("currency", sa.String(3)),
    sa.Column("updated", sa.Integer, default=0, onupdate=lambda: 1),
    sa.UniqueConstraint("portal_id", "name", name="company_name_key"),
    info={TENANT: "portal_id"},
)
deal = sa.Table(
    "deal",
    metadata,
    sa.Column("portal_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("company_id", sa.BigInteger),
    sa.Column("amount", sa.BigInteger),
    sa.Column("owner_id", sa.BigInteger),
    sa.Column("visibility", sa.String(10), nullable=False, default="EVERYONE"),
    info={
        TENANT: "portal_id",
        OWN: lambda table, actor: sa.or_(table.c.visibility == "EVERYONE", table.c.owner_id == actor),
    },
)
note = sa.Table(
    "note",
    metadata,
    sa.Column("portal_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("deal_id", sa.BigInteger),
    sa.Column("body", sa.String(40)),
    info={
        TENANT: "portal_id",
        OWN: lambda table, actor: sa.exists().where(deal.c.id == table.c.deal_id),
    },
)
currency = sa.Table(
    "currency",
    metadata,
    sa.Column("code", sa.String(3), primary_key=True),
    sa.Column("digits", sa.Integer, nullable=False),
    info={PUBLIC: True},
)
undeclared = sa.Table("undeclared", metadata, sa.Column("id", sa.BigInteger, primary_key=True))

Rows = dict[sa.Table, list[dict[str, Any]]]


def _company(portal_id: int, id_: int, name: str, parent_id: int | None, size: int | None) -> dict[str, Any]:
    currency_code = "EUR" if id_ % 2 else "JPY"
    return {
        "portal_id": portal_id, "id": id_, "name": name, "parent_id": parent_id, "size": size,
        "currency": currency_code, "updated": 0,
    }  # fmt: skip


def _deal(
    portal_id: int, id_: int, company_id: int | None, amount: int, owner: int, *, private: bool
) -> dict[str, Any]:
    return {
        "portal_id": portal_id, "id": id_, "company_id": company_id, "amount": amount, "owner_id": owner,
        "visibility": "PRIVATE" if private else "EVERYONE",
    }  # fmt: skip


def _portal_rows(portal_id: int, me: int, colleague: int, base: int) -> Rows:
    """Rows of one portal. Ids overlap between portals on purpose; names and amounts tell them apart."""
    names = ["Ada", "Bosch", "Curie", "Dirac", "Euler"]
    word = "" if portal_id == OURS else " (theirs)"
    return {
        portal: [{"id": portal_id, "name": f"Portal{word}"}],
        company: [
            _company(portal_id, i, f"{name}{word}", 1 if i > 2 else None, None if i == 5 else base + i)
            for i, name in enumerate(names, start=1)
        ],
        deal: [
            _deal(portal_id, 1, 1, base + 100, me, private=False),
            _deal(portal_id, 2, 1, base + 200, colleague, private=True),
            _deal(portal_id, 3, 2, base + 300, me, private=True),
            _deal(portal_id, 4, 3, base + 400, colleague, private=False),
            _deal(portal_id, 5, None, base + 500, colleague, private=False),
            _deal(portal_id, 6, 99, base + 600, me, private=False),
        ],
        note: [
            {"portal_id": portal_id, "id": i, "deal_id": i, "body": f"note {i}{word}"} for i in range(1, 5)
        ],
    }


BOTH_PORTALS = (_portal_rows(OURS, ME, COLLEAGUE, 0), _portal_rows(THEIRS, 20, 21, 5000))
CURRENCIES = [{"code": "EUR", "digits": 2}, {"code": "JPY", "digits": 0}]
HIDDEN_DEAL = 2


def visible_rows() -> Rows:
    """What the viewer's portal holds that the viewer may see."""
    rows = dict(BOTH_PORTALS[0])
    rows[deal] = [row for row in rows[deal] if row["id"] != HIDDEN_DEAL]
    rows[note] = [row for row in rows[note] if row["deal_id"] != HIDDEN_DEAL]
    return rows


async def plain_engine(url: str, *portals: Rows) -> AsyncEngine:
    """An engine without the door on a database that holds the portals' rows."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(sa.insert(currency), CURRENCIES)
        for table, rows in (item for portal_rows in portals for item in portal_rows.items()):
            await connection.execute(sa.insert(table), rows)
    return engine


def door_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine with the door."""
    engine = create_async_engine(url, **options)
    install_door(engine, metadata)
    return engine


def in_order(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Rows that can be compared whatever order the database gave them in."""
    return sorted((tuple(row) for row in rows), key=repr)


class Databases(NamedTuple):
    """The same statement's two homes: all rows behind the door, and only the viewer's rows, bare."""

    door: AsyncEngine
    bare: AsyncEngine


def engine_for(url: str, known: sa.MetaData) -> sa.Engine:
    """An engine with the door that is not connected to anything."""
    engine = sa.create_engine(url)
    install_door(engine, known)
    return engine


async def rows_of(engine: AsyncEngine, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
    async with engine.begin() as connection:
        return in_order(await connection.execute(statement, parameters or {}))


async def stored(databases: Databases, table: sa.Table) -> dict[tuple[int, int], dict[str, Any]]:
    async with databases.bare.connect() as connection:
        rows = (await connection.execute(sa.select(table))).mappings().all()
    return {(row["portal_id"], row["id"]): dict(row) for row in rows}


async def write(databases: Databases, statement: Any, parameters: Any = VIEWER) -> list[tuple[Any, ...]]:
    async with databases.door.begin() as connection:
        result = await connection.execute(statement, parameters)
        return in_order(result) if result.returns_rows else []


def changes(before: dict[Any, Any], after: dict[Any, Any]) -> dict[Any, Any]:
    """What a write did: the new row by key, None for a deleted one."""
    changed = {key: row for key, row in after.items() if before.get(key) != row}
    return changed | dict.fromkeys(before.keys() - after.keys())
