"""The tenant's door: rows change only as the viewer's, and stay in their portal."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tabard.storage.door import ACTOR_KEY, DoorRefusal
from tabard.storage.keys import keys
from tests.tabard.storage.forgeries import RAW, twin
from tests.tabard.storage.portals import (
    COLLEAGUE,
    HIDDEN_DEAL,
    OURS,
    THEIRS,
    VIEWER,
    Databases,
    changes,
    company,
    currency,
    deal,
    engine_for,
    metadata,
    stored,
    undeclared,
    write,
)

parent = company.alias("parent")
dealt = sa.exists().where(deal.c.company_id == company.c.id)
UPDATES: dict[str, tuple[Any, set[int]]] = {
    "all": (sa.update(company), {1, 2, 3, 4, 5}),
    "by key": (sa.update(company).where(company.c.id == 2), {2}),
    "by keys": (sa.update(company).where(keys(company.c.id, [2, 3, 77])), {2, 3}),
    "from another table": (
        sa.update(company).where(company.c.id == deal.c.company_id, deal.c.amount > 150),
        {2, 3},
    ),
    "from itself": (sa.update(company).where(company.c.parent_id == parent.c.id), {3, 4, 5}),
    "by a subquery": (sa.update(company).where(company.c.id.in_(sa.select(deal.c.company_id))), {1, 2, 3}),
    "by a correlated exists": (sa.update(company).where(~dealt), {4, 5}),
    "by an or": (sa.update(company).where(sa.or_(company.c.id == 1, sa.true())), {1, 2, 3, 4, 5}),
}


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("name", UPDATES)
async def test_an_update_changes_only_the_viewers_rows(both: Databases, name: str) -> None:
    statement, ids = UPDATES[name]
    before = await stored(both, company)
    await write(both, statement.values(size=77))
    changed = changes(before, await stored(both, company))
    assert changed.keys() == {(OURS, id_) for id_ in ids}
    assert {(row["size"], row["updated"]) for row in changed.values()} == {(77, 1)}


@pytest.mark.promise("P1", "P2")
async def test_an_update_leaves_rows_that_the_actor_may_not_see(both: Databases) -> None:
    before = await stored(both, deal)
    returned = await write(both, sa.update(deal).values(amount=deal.c.amount + 1).returning(deal.c.id))
    changed = changes(before, await stored(both, deal))
    assert changed.keys() == {(OURS, id_) for id_ in (1, 3, 4, 5, 6)}
    assert returned == [(1,), (3,), (4,), (5,), (6,)]


@pytest.mark.promise("P1", "P2")
async def test_an_update_of_many_sets_changes_only_the_viewers_rows(both: Databases) -> None:
    statement = sa.update(company).where(company.c.id == sa.bindparam("key"))
    before = await stored(both, company)
    await write(both, statement, [VIEWER | {"key": key, "size": key * 10} for key in (1, 2, 77)])
    changed = changes(before, await stored(both, company))
    assert {key: row["size"] for key, row in changed.items()} == {(OURS, 1): 10, (OURS, 2): 20}


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize(
    ("statement", "ids"),
    [
        (sa.delete(deal), {1, 3, 4, 5, 6}),
        (sa.delete(deal).where(deal.c.id.in_([1, HIDDEN_DEAL])), {1}),
        (sa.delete(deal).where(deal.c.company_id.in_(sa.select(company.c.id))), {1, 3, 4}),
        (sa.delete(deal).where(sa.or_(deal.c.id == 1, deal.c.id > 0)).returning(deal.c.id), {1, 3, 4, 5, 6}),
    ],
)
async def test_a_delete_removes_only_the_viewers_rows(both: Databases, statement: Any, ids: set[int]) -> None:
    before = await stored(both, deal)
    await write(both, statement)
    assert changes(before, await stored(both, deal)) == {(OURS, id_): None for id_ in ids}


@pytest.mark.promise("P1", "P2")
async def test_delete_using_removes_only_the_viewers_rows(both: Databases) -> None:
    if both.door.dialect.name == "sqlite":
        pytest.skip("SQLite has no DELETE USING")
    before = await stored(both, deal)
    await write(both, sa.delete(deal).where(deal.c.company_id == company.c.id, company.c.id < 3))
    assert changes(before, await stored(both, deal)) == {(OURS, 1): None, (OURS, 3): None}


@pytest.mark.promise("P1", "P2")
async def test_writes_in_a_cte_touch_only_the_viewers_rows(both: Databases) -> None:
    if both.door.dialect.name == "sqlite":
        pytest.skip("SQLite has no data-modifying CTE")
    grown = sa.update(company).values(size=9).returning(company.c.id).cte("grown")
    made = sa.insert(company).values(id=8, name="Hopper").returning(company.c.portal_id).cte("made")
    gone = sa.delete(company).returning(company.c.id).cte("gone")
    before = await stored(both, company)
    assert await write(both, sa.select(made.c.portal_id)) == [(OURS,)]
    assert changes(before, await stored(both, company)).keys() == {(OURS, 8)}
    everyone = [(id_,) for id_ in (1, 2, 3, 4, 5, 8)]
    assert await write(both, sa.select(grown.c.id)) == everyone
    assert await write(both, sa.select(sa.func.count()).select_from(company).add_cte(gone)) == [(6,)]
    theirs = {key: row for key, row in before.items() if key[0] == THEIRS}
    assert await stored(both, company) == theirs


HOPPER = {"id": 7, "name": "Hopper", "size": 3}
NOETHER = {"id": 8, "name": "Noether", "size": 4}
INSERTS: dict[str, tuple[Any, Any]] = {
    "values": (sa.insert(company).values(HOPPER), VIEWER),
    "columns as keys": (sa.insert(company).values({company.c.id: 7, company.c.name: "Hopper"}), VIEWER),
    "parameters": (sa.insert(company), VIEWER | HOPPER),
    "many parameters": (sa.insert(company), [VIEWER | HOPPER, VIEWER | NOETHER]),
    "values of many rows": (sa.insert(company).values([HOPPER, NOETHER]), VIEWER),
    "returning": (sa.insert(company).values(HOPPER).returning(company.c.portal_id), VIEWER),
    "many returning": (
        sa.insert(company).returning(company.c.portal_id),
        [VIEWER | HOPPER, VIEWER | NOETHER],
    ),
    "many returning in order": (
        sa.insert(company).returning(company.c.portal_id, company.c.id, sort_by_parameter_order=True),
        [VIEWER | NOETHER, VIEWER | HOPPER],
    ),
    "a subquery as a value": (
        sa.insert(company).values(
            id=7, name="Hopper", size=sa.select(sa.func.count(deal.c.id)).scalar_subquery()
        ),
        VIEWER,
    ),
}


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("name", INSERTS)
async def test_an_insert_is_stamped_with_the_viewers_portal(both: Databases, name: str) -> None:
    statement, parameters = INSERTS[name]
    before = await stored(both, company)
    returned = await write(both, statement, parameters)
    changed = changes(before, await stored(both, company))
    assert changed.keys() == {(OURS, 7), (OURS, 8)} or changed.keys() == {(OURS, 7)}
    assert all(row[0] == OURS for row in returned)
    if name == "a subquery as a value":
        assert changed[OURS, 7]["size"] == 5


async def test_rows_returned_in_the_order_of_their_parameters_keep_it(both: Databases) -> None:
    statement = sa.insert(company).returning(company.c.id, sort_by_parameter_order=True)
    ids = [30, 10, 20, 50, 40]
    async with both.door.begin() as connection:
        result = await connection.execute(statement, [VIEWER | {"id": id_, "name": f"N{id_}"} for id_ in ids])
        assert [id_ for (id_,) in result] == ids


def upsert(databases: Databases, table: sa.Table) -> Any:
    return (sqlite if databases.door.dialect.name == "sqlite" else postgresql).insert(table)


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("many", [False, True])
async def test_an_upsert_meets_only_the_viewers_row(both: Databases, many: bool) -> None:
    statement = upsert(both, company)
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "id"], set_={"name": statement.excluded.name}
    ).returning(company.c.id)
    rows = [VIEWER | {"id": 1, "name": "Ada L."}, VIEWER | {"id": 7, "name": "Hopper"}]
    before = await stored(both, company)
    returned = await write(both, statement, rows if many else rows[0])
    changed = changes(before, await stored(both, company))
    expected = {(OURS, row["id"]): row["name"] for row in (rows if many else rows[:1])}
    assert {key: row["name"] for key, row in changed.items()} == expected
    assert returned == [(id_,) for _, id_ in expected]


@pytest.mark.promise("P1", "P2")
@pytest.mark.parametrize("many", [False, True])
async def test_an_upsert_leaves_a_row_that_the_actor_may_not_see(both: Databases, many: bool) -> None:
    statement = upsert(both, deal)
    statement = statement.on_conflict_do_update(
        index_elements=[deal.c.portal_id, deal.c.id],
        set_={"amount": statement.excluded.amount, "owner_id": VIEWER[ACTOR_KEY]},
    ).returning(deal.c.id)
    rows = [VIEWER | {"id": HIDDEN_DEAL, "amount": -1}, VIEWER | {"id": 1, "amount": -1}]
    before = await stored(both, deal)
    returned = await write(both, statement, rows if many else rows[0])
    changed = changes(before, await stored(both, deal))
    assert before[OURS, HIDDEN_DEAL]["owner_id"] == COLLEAGUE
    assert changed.keys() == ({(OURS, 1)} if many else set())
    assert returned == ([(1,)] if many else [])


async def test_an_insert_that_meets_its_row_can_do_nothing(both: Databases) -> None:
    before = await stored(both, company)
    statement = upsert(both, company).on_conflict_do_nothing(index_elements=["portal_id", "name"])
    await write(
        both, statement, [VIEWER | {"id": 7, "name": "Ada"}, VIEWER | {"id": 8, "name": "Ada (theirs)"}]
    )
    assert changes(before, await stored(both, company)).keys() == {(OURS, 8)}


async def test_savepoints_pass_the_door(both: Databases) -> None:
    before = await stored(both, company)
    async with both.door.begin() as connection:
        async with connection.begin_nested() as kept:
            await connection.execute(sa.update(company).where(company.c.id == 1).values(size=70), VIEWER)
            await kept.commit()
        async with connection.begin_nested() as dropped:
            await connection.execute(sa.update(company).where(company.c.id == 2).values(size=70), VIEWER)
            await dropped.rollback()
    assert changes(before, await stored(both, company)).keys() == {(OURS, 1)}


def update_on_conflict(**target: Any) -> Any:
    statement = postgresql.insert(company).values(id=1, name="x")
    return statement.on_conflict_do_update(**({"set_": {"name": "y"}} | target))


REFUSED: dict[str, Any] = {
    "an insert of another portal's row": sa.insert(company).values(portal_id=THEIRS, id=1, name="x"),
    "an insert of another portal's row by column": sa.insert(company).values(
        {company.c.portal_id: THEIRS, company.c.id: 1, company.c.name: "x"}
    ),
    "an insert by another table's portal column": sa.insert(company).values(
        {deal.c.portal_id: THEIRS, company.c.id: 1, company.c.name: "x"}
    ),
    "an insert by an alias's portal column": sa.insert(company).values(
        {company.alias().c.portal_id: THEIRS, company.c.id: 1, company.c.name: "x"}
    ),
    "an insert of many other rows": sa.insert(company).values([{"id": 1}, {"id": 2, "portal_id": THEIRS}]),
    "an insert of many other rows by column": sa.insert(company).values([{company.c.portal_id: THEIRS}]),
    "an insert by position": sa.insert(company).values((THEIRS, 1, "x")),
    "an insert of many rows by position": sa.insert(company).values([(THEIRS, 1, "x")]),
    "an insert of many rows by position that look like names": sa.insert(company).values([("id", "name")]),
    "an insert from a select": sa.insert(company).from_select(
        ["id", "name"], sa.select(deal.c.id, deal.c.id)
    ),
    "an insert from a select in a CTE": sa.select(
        sa.insert(company).from_select(["id"], sa.select(deal.c.id)).returning(company.c.id).cte("c").c.id
    ),
    "an insert into a public table": sa.insert(currency).values(code="XXX", digits=1),
    "an update of a public table": sa.update(currency).values(digits=1),
    "a delete from a public table": sa.delete(currency),
    "an upsert into a public table": postgresql.insert(currency)
    .values(code="EUR", digits=1)
    .on_conflict_do_nothing(index_elements=["code"]),
    "an insert into an undeclared table": sa.insert(undeclared).values(id=1),
    "an insert into another metadata's table": sa.insert(twin).values(name="x"),
    "an update of another metadata's table": sa.update(twin).values(name="x"),
    "a delete from another metadata's table": sa.delete(twin),
    "an update that moves rows": sa.update(company).values(portal_id=THEIRS),
    "an update that moves rows by column": sa.update(company).values({company.c.portal_id: THEIRS}),
    "an update that moves rows in order": sa.update(company).ordered_values((company.c.portal_id, THEIRS)),
    "an update that moves rows in a CTE": sa.select(
        sa.update(company).values(portal_id=THEIRS).returning(company.c.id).cte("c").c.id
    ),
    "an update by another table's portal column": sa.update(company).values({deal.c.portal_id: THEIRS}),
    "an update of an id": sa.update(company).values(id=2),
    "an update of an alias": sa.update(company.alias()).values(name="x"),  # type: ignore[arg-type]
    "an update of a join": sa.update(company.join(deal, sa.true())).values(name="x"),
    "a delete from an alias": sa.delete(company.alias()),  # type: ignore[arg-type]
    "an upsert on another key": update_on_conflict(index_elements=["name"]),
    "an upsert on another table's key": update_on_conflict(index_elements=[deal.c.portal_id, company.c.id]),
    "an upsert on a constraint": update_on_conflict(constraint="company_name_key"),
    "an upsert that moves the row": update_on_conflict(
        index_elements=["portal_id", "id"], set_={"portal_id": THEIRS}
    ),
    "an upsert that moves the row by column": update_on_conflict(
        index_elements=["portal_id", "id"], set_={company.c.portal_id: THEIRS}
    ),
    "an upsert that changes the id": update_on_conflict(index_elements=["portal_id", "name"], set_={"id": 2}),
    "an upsert that sets text": update_on_conflict(
        index_elements=["portal_id", "id"], set_={"name": sa.text(RAW)}
    ),
    "an upsert that sets no column": update_on_conflict(
        index_elements=["portal_id", "id"], set_={"nowhere": 1}
    ),
    "an upsert where text": update_on_conflict(index_elements=["portal_id", "id"], where=sa.text("true")),
    "an upsert on a key where text": update_on_conflict(
        index_elements=["portal_id", "id"], index_where=sa.text("true")
    ),
    "an upsert on text": update_on_conflict(index_elements=["portal_id", sa.text("id")]),
    "nothing done on any conflict": postgresql.insert(company).values(id=1).on_conflict_do_nothing(),
    "nothing done on another key": postgresql.insert(company)
    .values(id=1)
    .on_conflict_do_nothing(index_elements=["name"]),
}


@pytest.mark.promise("P2")
@pytest.mark.parametrize("name", REFUSED)
def test_a_write_that_may_leave_the_portal_is_refused(engine: sa.Engine, name: str) -> None:
    with pytest.raises(DoorRefusal, match=r"^\w+ refused: .+[:;] .+"):
        REFUSED[name].compile(engine)


@pytest.mark.parametrize("dialect", [sqlite, postgresql])
def test_each_databases_upsert_needs_the_portal_in_its_target(dialect: Any) -> None:
    engine = engine_for("sqlite://" if dialect is sqlite else "postgresql+asyncpg://", metadata)
    insert = dialect.insert(company).values(id=1, name="x")
    with pytest.raises(DoorRefusal, match=r"conflict target leaves out 'company\.portal_id'"):
        insert.on_conflict_do_update(index_elements=["id"], set_={"name": "y"}).compile(engine)
    with pytest.raises(DoorRefusal, match=r"conflict target leaves out 'company\.portal_id'"):
        insert.on_conflict_do_nothing(index_elements=["id"]).compile(engine)
    assert insert.on_conflict_do_nothing(index_elements=["portal_id", "id"]).compile(engine)


@pytest.mark.parametrize("statement", [sa.insert(company), sa.update(company)])
def test_parameters_that_name_the_portal_are_refused(engine: sa.Engine, statement: Any) -> None:
    with pytest.raises(DoorRefusal, match=r"sets 'company\.portal_id'"):
        statement.compile(engine, column_keys=["name", "portal_id"])


def test_parameters_that_name_the_portal_of_an_inner_write_are_refused(engine: sa.Engine) -> None:
    inner = sa.update(company).values(name="x").returning(company.c.id).cte("inner_update")
    with pytest.raises(DoorRefusal, match=r"sets 'company\.portal_id'"):
        sa.select(inner.c.id).compile(engine, column_keys=["portal_id"])
