"""How the tenant's door judges the tables themselves."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from tabard.columns import Identifier, Instant, Label, Scaled, StoredJSON
from tabard.storage.door import ACTOR_KEY, OWN, PORTAL_KEY, PUBLIC, TENANT, DoorRefusal
from tests.tabard.storage.forgeries import RAW, Expressive
from tests.tabard.storage.portals import (
    engine_for,
)

pytestmark = pytest.mark.promise("P2")


def declared(*columns: Any, name: str = "thing", schema: str | None = None, **info: Any) -> sa.MetaData:
    known = sa.MetaData()
    sa.Table(
        name,
        known,
        *columns,
        schema=schema,
        info={key.replace("_", "."): value for key, value in info.items()},
    )
    return known


PORTAL_ID = ("portal_id", sa.BigInteger)
BAD_TABLES: dict[str, sa.MetaData] = {
    "neither": declared(sa.Column(*PORTAL_ID)),
    "both": declared(sa.Column(*PORTAL_ID), tabard_tenant="portal_id", tabard_public=True),
    "public by another word": declared(sa.Column(*PORTAL_ID), tabard_public="yes"),
    "no portal column": declared(sa.Column("id", sa.BigInteger), tabard_tenant="portal_id"),
    "a portal that changes": declared(sa.Column(*PORTAL_ID, onupdate=lambda: 2), tabard_tenant="portal_id"),
    "a system table of SQLite": declared(
        sa.Column("sql", sa.String), name="sqlite_master", tabard_public=True
    ),
    "a system table of PostgreSQL": declared(sa.Column("x", sa.String), name="pg_shadow", tabard_public=True),
    "a default that is SQL": declared(
        sa.Column(*PORTAL_ID), sa.Column("x", sa.String, default=sa.text(RAW)), tabard_tenant="portal_id"
    ),
    "an onupdate that is SQL": declared(
        sa.Column(*PORTAL_ID), sa.Column("x", sa.String, onupdate=sa.text(RAW)), tabard_tenant="portal_id"
    ),
    "a sequence": declared(
        sa.Column(*PORTAL_ID), sa.Column("x", sa.Integer, sa.Sequence("s")), tabard_tenant="portal_id"
    ),
    "a type with SQL": declared(sa.Column(*PORTAL_ID), sa.Column("x", Expressive), tabard_tenant="portal_id"),
    "a column with the portal's parameter's key": declared(
        sa.Column(*PORTAL_ID), sa.Column("x", sa.Integer, key=PORTAL_KEY), tabard_tenant="portal_id"
    ),
    "a column whose key is escaped to it": declared(
        sa.Column(*PORTAL_ID), sa.Column("x", sa.Integer, key="tabard.portal"), tabard_tenant="portal_id"
    ),
    "a second column of the same name": declared(
        sa.Column(*PORTAL_ID), sa.Column("PORTAL_ID", sa.Integer, key="other"), tabard_tenant="portal_id"
    ),
    "a name that is SQL": declared(
        sa.Column(*PORTAL_ID), name=quoted_name("a, b", quote=False), tabard_tenant="portal_id"
    ),
    "a rule that reads its own table": declared(
        sa.Column(*PORTAL_ID),
        tabard_tenant="portal_id",
        tabard_own=lambda table, actor: sa.exists().where(table.alias().c.portal_id == table.c.portal_id),
    ),
    "a rule with text": declared(
        sa.Column(*PORTAL_ID), tabard_tenant="portal_id", tabard_own=lambda table, actor: sa.text("true")
    ),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_of_a_doubtful_declaration_is_refused(url: str, name: str) -> None:
    engine = engine_for(url, BAD_TABLES[name])
    (table,) = BAD_TABLES[name].tables.values()
    with pytest.raises(DoorRefusal):
        sa.select(table).compile(engine)


def test_a_table_with_a_schema_is_refused(url: str) -> None:
    known = declared(sa.Column(*PORTAL_ID), schema="public", tabard_tenant="portal_id")
    with pytest.raises(DoorRefusal):
        sa.select(known.tables["public.thing"]).compile(engine_for(url, known))


def test_two_tables_whose_names_differ_by_case_are_refused() -> None:
    known = sa.MetaData()
    mine = sa.Table("company", known, sa.Column(*PORTAL_ID), info={TENANT: "portal_id"})
    other = sa.Table("Company", known, sa.Column(*PORTAL_ID), info={PUBLIC: True})
    engine = engine_for("sqlite://", known)
    for table in (mine, other):
        with pytest.raises(DoorRefusal, match="differ only by case"):
            sa.select(table).compile(engine)


@pytest.mark.parametrize(
    "type_",
    [
        Identifier(), Instant(), Label(20), Scaled(2), StoredJSON(), sa.JSON(), sa.Uuid(), sa.Numeric(10, 2),
        sa.ARRAY(sa.BigInteger), sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Float(), sa.Time(),
        sa.Enum("a", "b", name="letter"), sa.LargeBinary(), sa.Interval(), sa.Text(), sa.Boolean(),
    ],
    ids=repr,
)  # fmt: skip
def test_the_types_that_tables_are_made_of_pass(url: str, type_: Any) -> None:
    known = declared(sa.Column(*PORTAL_ID), sa.Column("x", type_), tabard_tenant="portal_id")
    assert "portal_id = " in str(sa.select(known.tables["thing"]).compile(engine_for(url, known)))


def test_a_table_registered_after_the_door_passes_it() -> None:
    known = sa.MetaData()
    engine = engine_for("sqlite://", known)
    late = sa.Table("late", known, sa.Column(*PORTAL_ID), info={TENANT: "portal_id"})
    assert "portal_id = " in str(sa.select(late).compile(engine))


def test_the_rule_of_own_rows_is_given_the_table_and_the_actor() -> None:
    seen: list[Any] = []

    def rule(table: Any, actor: Any) -> Any:
        seen.append((table, actor.key))
        return table.c.portal_id == actor

    known = sa.MetaData()
    table = sa.Table("thing", known, sa.Column(*PORTAL_ID), info={TENANT: "portal_id", OWN: rule})
    engine = engine_for("sqlite://", known)
    compiled = sa.select(table).compile(engine)
    assert seen == [(table, ACTOR_KEY)]
    assert set(compiled.params) == {PORTAL_KEY, ACTOR_KEY}
