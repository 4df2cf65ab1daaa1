"""Tables, record types and relations that would not work are refused by name."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

from tabard import (
    Company,
    Contact,
    Node,
    Plugin,
    Property,
    PropertyKind,
    Read,
    Reader,
    Record,
    Via,
    table_of,
)
from tabard.records import tables
from tests.tabard.samples import Bare, plugin, refused


@strawberry.type
class AlphaThing:
    id: strawberry.Private[int]
    name: str


def test_table_that_two_plugins_declare() -> None:
    left, right = plugin("a"), plugin("a_b", noun="Beta")
    left.table("b_c", sa.Column("x", sa.Integer))
    right.table("c", sa.Column("y", sa.Integer))

    assert refused(left, right) == ["the table a_b_c is declared by 'a' and 'a_b'; rename one"]


def test_table_of_another_plugin() -> None:
    made = plugin()
    made.store(AlphaThing, tables.team)

    assert refused(made) == [
        "the table team is declared by 'alpha' and 'core'; rename one",
        "the table team of plugin 'alpha' must be named 'alpha_…'",
    ]


def test_table_without_a_portal() -> None:
    made = plugin()
    made.store(AlphaThing, sa.Table("alpha_thing", sa.MetaData(), sa.Column("id", sa.BigInteger)))

    assert refused(made) == [
        "the table alpha_thing of plugin 'alpha' has no portal; make it with plugin.table(...)"
    ]


@strawberry.type
class AlphaRecord(Record):
    name: str


@strawberry.type
class AlphaLoose(Node):
    name: str


def record_plugin(type_: type = AlphaRecord, **options: Any) -> Plugin:
    """A plugin that registers a record type."""
    made = plugin()
    table = made.record_table("alpha_record", sa.Column("name", sa.String(9)), pipelines=True)
    made.record(type_, table=table, **options)
    return made


def test_record_type_that_is_registered_twice() -> None:
    made = record_plugin()
    made.record(AlphaRecord, table=table_of(AlphaRecord))

    assert refused(made) == ["the record type AlphaRecord is registered by 'alpha' twice; register it once"]


def test_record_type_that_the_core_registers() -> None:
    made = plugin()
    made.record(Company, table=tables.company)

    assert "the record type Company is registered by both 'alpha' and 'core'; register it once" in refused(
        made
    )


def test_record_type_that_does_not_extend_record() -> None:
    assert refused(record_plugin(AlphaLoose)) == [
        "the record type AlphaLoose of plugin 'alpha' must extend Record, which gives it id, owner and dates"
    ]


def test_record_type_with_pipelines_and_no_place_for_them() -> None:
    label = "the record type AlphaRecord of plugin 'alpha' has no attribute and column"
    remedy = "strawberry.Private[int | None]` and record_table(..., pipelines=True)"

    assert refused(record_plugin(pipelines=True)) == [
        f"{label} 'pipeline_id' for its pipelines; write `pipeline_id: {remedy}",
        f"{label} 'stage_id' for its pipelines; write `stage_id: {remedy}",
    ]


def test_property_without_attribute() -> None:
    made = record_plugin(properties=[Property("rate", PropertyKind.NUMBER, "Rate", attribute="rate_now")])

    assert refused(made) == [
        (
            "the record type AlphaRecord of plugin 'alpha' has no attribute and column 'rate_now' "
            "for its property 'rate'"
        )
    ]


def test_misspelt_property_is_named_where_it_is_declared() -> None:
    with pytest.raises(
        TypeError, match=r"^AlphaRecord has no attribute 'nme' for its property; correct the name$"
    ):
        record_plugin(properties=["nme"])


def test_property_of_a_type_without_kind() -> None:
    words = (
        r"^AlphaOdd\.odd has no kind of property by its annotation list\[int\]; "
        r"write Property\('odd', PropertyKind\.…, label=…\)$"
    )
    odd = strawberry.type(
        type("AlphaOdd", (Record,), {"__annotations__": {"odd": list[int]}, "__module__": __name__})
    )
    with pytest.raises(TypeError, match=words):
        record_plugin(odd, properties=["odd"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "it names neither `by=` nor `via=`; say which column holds the parent's key"),
        ({"by": "firm_id"}, "the table contact has no column 'firm_id'"),
        ({"via": Via(tables.team_member, "user", "team_id")}, "the table team_member has no column 'user'"),
        ({"via": Via(tables.team_member, "user_id", "team")}, "the table team_member has no column 'team'"),
        (
            {"by": "company_id", "order": ["name", "-nme"]},
            "the table contact has no column 'nme' to order by",
        ),
    ],
)
def test_relation_by_columns_that_are_not_there(options: dict[str, Any], words: str) -> None:
    made = plugin()
    made.many(Company, "people", to=Contact, description="People.", **options)

    assert refused(made) == [f"Company.people of plugin 'alpha': {words}"]


def test_connection_by_a_column_that_is_not_there() -> None:
    made = plugin()
    made.connection(Company, "people", to=Contact, by="firm_id", description="People.")
    made.every("people", to=Contact, order="nme", description="People.")

    assert refused(made) == [
        "Company.people of plugin 'alpha': the table contact has no column 'firm_id'",
        "Query.people of plugin 'alpha': the table contact has no column 'nme' to order by",
    ]


@strawberry.type
class AlphaUnstored(Node):
    name: str


def test_relation_to_a_type_that_is_not_stored() -> None:
    made = plugin()
    made.one(Company, "first", to=AlphaUnstored, key="id", description="One.")
    made.many(Company, "all", to=AlphaUnstored, by="company_id", description="All.")
    made.connection(Company, "page", to=AlphaUnstored, by="company_id", description="Some.")
    made.every("loose", to=AlphaUnstored, description="All.")
    words = "AlphaUnstored is not stored in a table; register it with plugin.record or plugin.store"

    assert refused(made) == [
        f"{label} of plugin 'alpha': {words}"
        for label in ("Company.all", "Company.first", "Company.page", "Query.loose")
    ]


def test_rows_of_a_type_that_is_none() -> None:
    made = plugin()

    @made.rows(Company, to=Bare, key="id", description="Things.")
    async def things(reader: Reader, read: Read) -> Any:
        return None

    assert refused(made) == [
        "Company.things of plugin 'alpha': Bare is no GraphQL type; decorate the class with @strawberry.type"
    ]
