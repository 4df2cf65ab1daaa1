"""The tenant's door: rows come only as the viewer's."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tabard.storage.door import ACTOR, ACTOR_KEY, PORTAL_KEY
from tabard.storage.keys import key_rows, keys
from tests.support.postgres import Server
from tests.tabard.storage.portals import (
    BOTH_PORTALS,
    OURS,
    STRANGER,
    THEIRS,
    VIEWER,
    Databases,
    company,
    currency,
    deal,
    door_engine,
    note,
    plain_engine,
    portal,
    rows_of,
    visible_rows,
)

parent = company.alias("parent")
by_company = sa.select(deal.c.company_id, sa.func.sum(deal.c.amount).label("total")).group_by(
    deal.c.company_id
)
totals = by_company.cte("totals")
again = totals.alias("again")
ranked = sa.select(
    deal.c.id,
    deal.c.company_id,
    sa.func.row_number().over(partition_by=deal.c.company_id, order_by=deal.c.amount.desc()).label("place"),
).subquery()
tree = (
    sa.select(company.c.id, company.c.parent_id)
    .where(company.c.parent_id.is_(None))
    .cte("tree", recursive=True)
)
tree = tree.union_all(sa.select(company.c.id, company.c.parent_id).where(company.c.parent_id == tree.c.id))
names = sa.union(sa.select(company.c.name), sa.select(portal.c.name)).subquery()
listed = sa.values(sa.column("key", sa.BigInteger), sa.column("word", sa.String), name="listed").data(
    [(1, "one"), (99, "none")]
)
asked = key_rows([3, 1, 99])
best = (
    sa.select(deal.c.id, deal.c.amount)
    .where(deal.c.company_id == company.c.id)
    .order_by(deal.c.amount.desc())
    .limit(1)
    .lateral("best")
)
called = company.c.name.label("called")
dealt = sa.exists().where(deal.c.company_id == company.c.id)
size = sa.select(sa.func.count()).select_from(deal).where(deal.c.company_id == company.c.id).scalar_subquery()

READS: dict[str, Any] = {
    "table": sa.select(company),
    "public table": sa.select(currency),
    "portal": sa.select(portal),
    "own rows": sa.select(deal),
    "rule that reads another table": sa.select(note),
    "alias": sa.select(parent.c.name),
    "alias of an alias": sa.select(parent.alias("again").c.name),
    "key": sa.select(company.c.name).where(company.c.id == 2),
    "keys": sa.select(company).where(keys(company.c.id, [1, 3, 99])),
    "not keys": sa.select(company.c.id).where(~keys(company.c.id, [1, 3, 99])),
    "expanding in": sa.select(company.c.id).where(company.c.id.in_([1, 2, 99])),
    "empty in": sa.select(company.c.id).where(company.c.id.in_([])),
    "rows of keys": sa.select(asked.c.position, company.c.name).join(company, company.c.id == asked.c.key),
    "every key": sa.select(asked.c.key, company.c.name).outerjoin_from(
        asked, company, company.c.id == asked.c.key
    ),
    "cross join": sa.select(company.c.id, deal.c.id)
    .where(sa.true())
    .select_from(sa.join(company, deal, sa.true())),
    "comma join": sa.select(company.c.name, deal.c.amount).where(deal.c.company_id == company.c.id),
    "inner join": sa.select(company.c.name, deal.c.amount).join(deal, deal.c.company_id == company.c.id),
    "left join": sa.select(company, deal.c.id).outerjoin_from(
        company, deal, deal.c.company_id == company.c.id
    ),
    "left join to itself": sa.select(company.c.name, parent.c.name).outerjoin_from(
        company, parent, parent.c.id == company.c.parent_id
    ),
    "full join": sa.select(company.c.id, deal.c.id).select_from(
        sa.outerjoin(company, deal, deal.c.company_id == company.c.id, full=True)
    ),
    "full join without a match": sa.select(company.c.id, deal.c.id).select_from(
        sa.outerjoin(company, deal, sa.false(), full=True)
    ),
    "nested join": sa.select(company.c.id, note.c.body).select_from(
        company.outerjoin(deal.join(note, note.c.deal_id == deal.c.id), deal.c.company_id == company.c.id)
    ),
    "join with a public table": sa.select(company.c.name, currency.c.digits).join(
        currency, currency.c.code == company.c.currency
    ),
    "anti join": sa.select(company.c.id)
    .outerjoin_from(company, deal, deal.c.company_id == company.c.id)
    .where(deal.c.id.is_(None)),
    "exists": sa.select(company.c.name).where(dealt),
    "not exists": sa.select(company.c.name).where(~dealt),
    "in a subquery": sa.select(company.c.name).where(company.c.id.in_(sa.select(deal.c.company_id))),
    "scalar subquery": sa.select(company.c.name, size.label("deals")),
    "ordered by a subquery": sa.select(company.c.name).order_by(size.desc(), company.c.name).limit(3),
    "cte": sa.select(company.c.name, totals.c.total).join(totals, totals.c.company_id == company.c.id),
    "cte twice": sa.select(totals.c.total, again.c.total).select_from(totals.join(again, sa.true())),
    "recursive cte": sa.select(tree),
    "nested cte": sa.select(company.c.id).where(
        company.c.id.in_(sa.select(by_company.cte("inner_totals", nesting=True).c.company_id))
    ),
    "subquery": sa.select(ranked).where(ranked.c.place == 1),
    "union": sa.union(sa.select(company.c.id), sa.select(deal.c.id).where(deal.c.amount > 300)),
    "union all in a subquery": sa.select(sa.func.count()).select_from(
        sa.union_all(sa.select(company.c.name), sa.select(portal.c.name)).subquery()
    ),
    "union as a source": sa.select(names),
    "except": sa.except_(sa.select(company.c.id), sa.select(deal.c.company_id)),
    "intersect": sa.intersect(sa.select(company.c.id), sa.select(deal.c.id)),
    "count": sa.select(sa.func.count()).select_from(deal),
    "count filtered": sa.select(sa.func.count().filter(deal.c.amount > 200), sa.func.count()).select_from(
        deal
    ),
    "group": sa.select(company.c.currency, sa.func.sum(company.c.size), sa.func.max(company.c.name))
    .group_by(company.c.currency)
    .having(sa.func.count() > 1),
    "distinct": sa.select(deal.c.owner_id).distinct(),
    "count distinct": sa.select(sa.func.count(sa.distinct(deal.c.owner_id))),
    "case": sa.select(
        sa.case((company.c.size > 2, "big"), else_="small"), sa.func.coalesce(company.c.size, 0)
    ),
    "cast": sa.select(sa.cast(company.c.size, sa.String), sa.type_coerce(company.c.size, sa.BigInteger)),
    "arithmetic": sa.select((company.c.size * 2 + 1).label("more"), -company.c.size),
    "text": sa.select(company.c.name + "!").where(company.c.name.startswith("B", autoescape=True)),
    "between": sa.select(company.c.name).where(company.c.name.between("B", "D")),
    "row values": sa.select(company.c.id).where(
        sa.tuple_(company.c.name, company.c.id) > sa.tuple_("Bosch", 2)
    ),
    "page": sa.select(called).order_by(called.desc()).limit(2).offset(1),
    "nulls last": sa.select(company.c.size)
    .order_by(company.c.size.desc().nulls_last(), company.c.id)
    .limit(4),
    "window": sa.select(deal.c.id, sa.func.lag(deal.c.amount).over(order_by=deal.c.id)),
    "strings": sa.select(sa.func.length(sa.func.aggregate_strings(company.c.name, ","))),
    "for update": sa.select(company.c.name).where(company.c.id == 1).with_for_update(of=company),
    "the actor": sa.select(deal.c.id).where(deal.c.owner_id == ACTOR),
    "star": sa.select(sa.literal_column("*")).select_from(company),
}
ON_POSTGRESQL: dict[str, Any] = {
    "values": sa.select(listed.c.word, company.c.name).outerjoin_from(
        listed, company, company.c.id == listed.c.key
    ),
    "lateral": sa.select(company.c.name, best.c.amount).join(best, sa.true()),
    "left lateral": sa.select(company.c.name, best.c.amount).outerjoin_from(company, best, sa.true()),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def two_urls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("door")
        yield [f"sqlite+aiosqlite:///{folder / name}" for name in ("both.sqlite3", "ours.sqlite3")]
    else:
        server: Server = request.getfixturevalue("postgres")
        with server.fresh_database() as both, server.fresh_database() as ours:
            yield [both, ours]


@pytest.fixture(scope="module")
async def databases(two_urls: list[str]) -> AsyncIterator[Databases]:
    await (await plain_engine(two_urls[0], *BOTH_PORTALS)).dispose()
    pair = Databases(door_engine(two_urls[0]), await plain_engine(two_urls[1], visible_rows()))
    yield pair
    for engine in pair:
        await engine.dispose()


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("name", READS)
async def test_a_read_answers_as_if_only_the_viewers_rows_existed(databases: Databases, name: str) -> None:
    statement = READS[name]
    expected = await rows_of(
        databases.bare, statement, {ACTOR_KEY: VIEWER[ACTOR_KEY]} if name == "the actor" else None
    )
    assert await rows_of(databases.door, statement, VIEWER) == expected
    assert expected or name in {"empty in"}


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("name", ON_POSTGRESQL)
async def test_what_only_postgresql_reads_answers_as_if_only_the_viewers_rows_existed(
    databases: Databases, name: str
) -> None:
    if databases.door.dialect.name == "sqlite":
        pytest.skip("SQLite has no LATERAL and no named columns of VALUES")
    expected = await rows_of(databases.bare, ON_POSTGRESQL[name])
    assert await rows_of(databases.door, ON_POSTGRESQL[name], VIEWER) == expected
    assert expected


async def test_one_compiled_text_serves_every_portal(databases: Databases) -> None:
    statement = sa.select(company.c.name).where(keys(company.c.id, [1])).execution_options(tag="one text")
    seen: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, text: str, parameters: Any, context: Any, ___: bool) -> None:
        seen.append((text, context.cache_hit.name))

    sa.event.listen(databases.door.sync_engine, "before_cursor_execute", listen)
    try:
        ours = await rows_of(databases.door, statement, VIEWER)
        again = sa.select(company.c.name).where(keys(company.c.id, [2, 3]))
        theirs = await rows_of(databases.door, again, STRANGER)
    finally:
        sa.event.remove(databases.door.sync_engine, "before_cursor_execute", listen)
    assert (ours, theirs) == ([("Ada",)], [("Bosch (theirs)",), ("Curie (theirs)",)])
    assert seen[0][0] == seen[1][0]
    assert seen[1][1] == "CACHE_HIT"


async def test_without_a_portal_nothing_is_read(databases: Databases) -> None:
    with pytest.raises(sa.exc.StatementError, match=PORTAL_KEY):
        await rows_of(databases.door, sa.select(company))


PLANS: dict[str, Any] = {
    "a key": sa.select(company.c.name).where(company.c.id == 2),
    "keys": sa.select(company.c.name).where(keys(company.c.id, [1, 2])),
    "an alias": sa.select(parent.c.name).where(keys(parent.c.id, [1, 2])),
    "a join": sa.select(company.c.name, parent.c.name)
    .join(parent, parent.c.id == company.c.parent_id)
    .where(company.c.id == 4),
    "a left join": sa.select(company.c.name, parent.c.name)
    .outerjoin_from(company, parent, parent.c.id == company.c.parent_id)
    .where(keys(company.c.id, [1, 4])),
    "rows of keys": sa.select(asked.c.key, company.c.name).outerjoin_from(
        asked, company, company.c.id == asked.c.key
    ),
    "a grouped left join": sa.select(company.c.name, sa.func.count(parent.c.id))
    .outerjoin_from(company, parent, parent.c.id == company.c.parent_id)
    .where(company.c.id == 4)
    .group_by(company.c.name),
    "own rows": sa.select(deal.c.amount).where(keys(deal.c.id, [1, 2])),
    "a rule that reads another table": sa.select(note.c.body).where(keys(note.c.id, [1, 2])),
}


async def explain(engine: AsyncEngine, bare: AsyncEngine, statement: Any) -> str:
    """The database's plan for the text that the door makes, over many rows."""
    compiled = statement.compile(engine.sync_engine)
    values = compiled.construct_params(VIEWER)
    processors = compiled._bind_processors
    order = [
        processors[name](values[name]) if name in processors else values[name]
        for name in compiled.positiontup
    ]
    async with bare.connect() as connection:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        if engine.dialect.name == "sqlite":
            rows = await (await driver.execute(f"EXPLAIN QUERY PLAN {compiled}", order)).fetchall()
            return "\n".join(row[3] for row in rows)
        return "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN {compiled}", *order))


@pytest.fixture
async def filled(both: Databases) -> Databases:
    rows = [
        {"portal_id": portal_id, "id": id_, "name": f"N{id_}", "parent_id": id_ - 1}
        for portal_id in (OURS, THEIRS)
        for id_ in range(100, 1600)
    ]
    async with both.bare.begin() as connection:
        for table in (company, deal, note):
            named = [{key: value for key, value in row.items() if key in table.c} for row in rows]
            await connection.execute(sa.insert(table), named)
        await connection.exec_driver_sql("ANALYZE")
    return both


@pytest.mark.parametrize("name", PLANS)
async def test_a_look_up_still_uses_the_primary_key(filled: Databases, name: str) -> None:
    plan = await explain(filled.door, filled.bare, PLANS[name])
    if filled.door.dialect.name == "sqlite":
        assert "SCAN company" not in plan
        assert "SCAN deal" not in plan
        assert "MATERIALIZE" not in plan
        assert "portal_id=? AND id=?" in plan
    else:
        assert "Seq Scan" not in plan
        assert "_pkey" in plan
        assert "Index Cond: ((portal_id = '1'::bigint) AND (id = " in plan
