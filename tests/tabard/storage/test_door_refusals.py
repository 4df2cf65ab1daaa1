"""What the tenant's door refuses: all that it cannot prove to stay within the viewer's portal."""

from collections import UserList
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import elements, functions, selectable
from sqlalchemy.sql.elements import quoted_name

from tabard.storage.door import ACTOR_KEY, PORTAL_KEY, DoorRefusal
from tests.tabard.storage.forgeries import (
    RAW,
    Disguised,
    Expressive,
    Later,
    OwnColumn,
    RawType,
    forged_cast,
    forged_column,
    forged_function,
    forged_options,
    forged_table,
    stranger,
    twin,
)
from tests.tabard.storage.portals import (
    THEIRS,
    company,
    deal,
    undeclared,
)

pytestmark = pytest.mark.promise("P2", "P7")


def named(name: str) -> Any:
    return sa.select(company.c.id).where(company.c.id == sa.bindparam(name, 1))


def type_of(type_: Any) -> Any:
    return sa.select(sa.cast(company.c.name, type_))


REFUSED: dict[str, Any] = {
    # tables
    "a table of no declaration": sa.select(undeclared),
    "another metadata's table of the same name": sa.select(twin.c.name),
    "another metadata's table in a subquery": sa.select(company.c.id).where(
        company.c.name.in_(sa.select(twin.c.name))
    ),
    "another metadata's table only in a column": sa.select(sa.func.max(twin.c.name)),
    "another metadata's table as an alias": sa.select(twin.alias("other").c.name),
    "another metadata's table in a join": sa.select(company.c.id).join(twin, sa.true()),
    "another metadata's table in an ORDER BY": sa.select(company.c.id).order_by(twin.c.name),
    "another metadata's table in a RETURNING": sa.delete(company).returning(twin.c.name),
    "another metadata's table in a window": sa.select(sa.func.rank().over(order_by=twin.c.name)),
    "a system table": sa.select(stranger),
    "a copy of a table": sa.select(company.to_metadata(sa.MetaData())),
    "a table made by sa.table()": sa.select(sa.table("company", sa.column("name"))),
    "a table made by sa.table() only in FROM": sa.select(sa.literal(1)).select_from(sa.table("company")),
    "a table with a schema": sa.select(sa.table("company", sa.column("name"), schema="public")),
    "a table of a class of its own": forged_table(),
    "a sample of a table": sa.select(sa.tablesample(company, 10).c.name),
    "a table with annotations": sa.select(company._annotate({"parententity": 1})),
    # raw text
    "text": sa.text("SELECT name FROM company"),
    "text as a column": sa.select(sa.text("name")).select_from(company),
    "text in WHERE": sa.select(company.c.id).where(sa.text("1 = 1) OR (1 = 1")),
    "text in ORDER BY": sa.select(company.c.id).order_by(sa.text("1")),
    "text as FROM": sa.select(company.c.id).select_from(sa.text("company")),
    "text as an ON clause": sa.select(company.c.id).join(deal, sa.text("1 = 1")),
    "text in VALUES": sa.insert(company).values(id=1, name=sa.text(RAW)),
    "text in VALUES of many rows": sa.insert(company).values([{"id": 1, "name": sa.text(RAW)}]),
    "text in VALUES of an unknown kind": sa.select(
        sa.values(sa.column("x", sa.String), name="v").data([UserList([sa.text(RAW)])]).c.x  # type: ignore[list-item]
    ),
    "text in the place of a type": forged_cast(),
    "text that comes later": sa.insert(company).values([{"id": 1, "name": Later()}]),
    "text in SET": sa.update(company).values(name=sa.text(RAW)),
    "text in a listed VALUES": sa.select(
        sa.values(sa.column("x", sa.String), name="v").data([(sa.text(RAW),)]).c.x
    ),
    "text in RETURNING": sa.delete(company).returning(sa.text("name")),
    "text with columns": sa.text("SELECT name FROM company").columns(sa.column("name")),
    "text with columns in a CTE": sa.select(
        sa.text("SELECT name FROM company").columns(sa.column("name")).cte("raw").c.name
    ),
    "text in a compound": sa.union(sa.select(company.c.name), sa.text("SELECT 1").columns(sa.column("n"))),
    "text as an argument": sa.select(sa.func.coalesce(sa.text(RAW), "")),
    "text in a CASE": sa.select(sa.case((sa.text("true"), 1))),
    "text in a window": sa.select(sa.func.rank().over(order_by=sa.text("1"))),
    "text in a filter of an aggregate": sa.select(sa.func.count().filter(sa.text("true"))),
    "a literal column": sa.select(sa.literal_column("name")).select_from(company),
    "a literal column in an expression": sa.select(company.c.size + sa.literal_column("1")),
    "a column without a table": sa.select(sa.column("name")).select_from(company),
    "a name given as text": sa.select(company.c.name).order_by("name"),
    "a name given as text, descending": sa.select(company.c.name).order_by(sa.desc("name")),
    "a column of a class of its own": sa.select(OwnColumn()),
    "a column that says it is a table's": forged_column(),
    "a lambda": sa.select(company.c.id).where(lambda: company.c.id == 1),
    # operators, functions, additions
    "an operator of one's own": sa.select(company.c.name.op("|| (SELECT 1) ||")("x")),
    "a boolean operator of one's own": sa.select(company.c.id).where(company.c.name.bool_op("=")("x")),
    "a unary operator of one's own": sa.select(
        elements.UnaryExpression(company.c.size, operator=sa.sql.operators.custom_op("- (SELECT 1) +"))
    ),
    "a regular expression": sa.select(company.c.id).where(company.c.name.regexp_match("(a+)+$")),
    "ilike": sa.select(company.c.id).where(company.c.name.ilike("a%")),
    "match": sa.select(company.c.id).where(company.c.name.match("a")),
    "a collation": sa.select(company.c.name.collate("C")),
    "any": sa.select(company.c.id).where(company.c.id == sa.any_(sa.select(deal.c.id).scalar_subquery())),
    "now": sa.select(sa.func.now()),
    "lower": sa.select(sa.func.lower(company.c.name)),
    "a function that reads files": sa.select(sa.func.pg_read_file("/etc/passwd")),
    "a function that runs SQL": sa.select(sa.func.query_to_xml("SELECT * FROM company", True, True, "")),
    "a function that sets a variable": sa.select(sa.func.set_config("tabard.portal_id", "2", False)),
    "a function of a package": sa.select(sa.func.pg_catalog.count(company.c.id)),
    "a function of an odd name": sa.select(getattr(sa.func, "count(*) FROM company --")()),
    "a function of a class of its own": forged_function(),
    "rows of a function": sa.select(sa.func.json_each("[1]").table_valued("value").c.value),
    "rows of an allowed function": sa.select(sa.func.max(1).table_valued("value").c.value),
    "a function as a table": sa.select(sa.func.max(company.c.id).alias().column),
    "a function with ordinality": sa.select(sa.func.max(1).table_valued("v", with_ordinality="o").c.v),
    "a sequence": sa.select(sa.Sequence("company_id").next_value()),
    "a prefix": sa.select(company.c.id).prefix_with(f"{RAW},"),
    "a suffix": sa.select(company.c.id).suffix_with("UNION SELECT id FROM company"),
    "a prefix of an insert": sa.insert(company).values(id=1, name="x").prefix_with("OR REPLACE"),
    "a prefix of an update": sa.update(company).values(name="x").prefix_with("ONLY"),
    "a prefix of a delete": sa.delete(company).prefix_with("x"),
    "a prefix of a CTE": sa.select(sa.select(company.c.id).cte("c").prefix_with("MATERIALIZED").c.id),
    "a suffix of a CTE": sa.select(sa.select(company.c.id).cte("c").suffix_with("x").c.id),
    "a hint": sa.select(company.c.id).with_hint(company, "INDEXED BY x"),
    "a hint for the statement": sa.select(company.c.id).with_statement_hint("x"),
    "a hint of an update": sa.update(company).values(name="x").with_hint("INDEXED BY x"),
    "DISTINCT ON": sa.select(company.c.id).ext(postgresql.distinct_on(company.c.id)),
    "a plugin of the compiler": forged_options(),
    "a field of extract() that is SQL": sa.select(sa.extract("epoch FROM now()) --", company.c.id)),
    "an expression in an array": sa.select(postgresql.array([company.c.id])),
    "an array's slice": sa.select(sa.type_coerce(company.c.id, sa.ARRAY(sa.Integer))[1:2]),
    # types
    "a type of one's own": type_of(RawType()),
    "a type of one's own in a decorator": type_of(Disguised()),
    "a type of one's own in an array": type_of(sa.ARRAY(RawType())),
    "a type of one's own as a variant": type_of(sa.String().with_variant(RawType(), "sqlite", "postgresql")),
    "a type of one's own under its variants": type_of(RawType().with_variant(sa.String(), "mysql")),
    "a type of one's own in a parameter": sa.select(sa.literal("x", RawType())),
    "a type with SQL": sa.select(company.c.id).where(company.c.name == sa.literal("x", Expressive())),
    "a length that is SQL": type_of(sa.String(length="1) || (SELECT 1")),  # type: ignore[arg-type]
    "a collation that is SQL": type_of(sa.String(collation='C" || (SELECT 1) || "')),
    "a domain": type_of(postgresql.DOMAIN("x", sa.Integer)),
    "an interval's fields that are SQL": type_of(postgresql.INTERVAL(fields="YEAR) || (SELECT 1")),
    # names
    "a label that asks not to be quoted": sa.select(
        company.c.id.label(quoted_name(f"x, {RAW}", quote=False))
    ),
    "a label with quotes": sa.select(company.c.id.label('a", (SELECT 1) AS "b')),
    "a label that looks like a parameter": sa.select(company.c.id.label("%(tabard_portal)s")),
    "a label with a null character": sa.select(company.c.id.label("a\0b")),
    "an alias that asks not to be quoted": sa.select(company.alias(quoted_name("x, deal", quote=False))),
    "a CTE that asks not to be quoted": sa.select(
        sa.select(company.c.id).cte(quoted_name("x AS (SELECT 1), y", quote=False))
    ),
    "a CTE named like a table": sa.select(sa.select(company.c.id).cte("deal")),
    "a CTE named like its table": sa.select(sa.select(company.c.id).cte("company")),
    "an alias named like a table": sa.select(company.alias("deal")),
    "an alias named like a table in capitals": sa.select(company.alias("Deal")),
    "a subquery named like a table": sa.select(sa.select(company.c.id).subquery("deal")),
    "a lateral named like a table": sa.select(sa.select(company.c.id).lateral("deal")),
    "values named like a table": sa.select(
        sa.values(sa.column("id", sa.Integer), name="deal").data([(1,)]).c.id
    ),
    "an update from rows named like its target": sa.update(company)
    .values(name="x")
    .where(company.c.id == deal.alias("company").c.company_id),
    "a savepoint of an odd name": elements.SavepointClause("a; DROP TABLE company"),  # type: ignore[no-untyped-call]
    # parameters
    "the portal's parameter": named(PORTAL_KEY),
    "the actor's parameter": named(ACTOR_KEY),
    "a name that is escaped to the portal's parameter": named("tabard.portal"),
    "a name with a space that is escaped to the portal's parameter": named("tabard portal"),
    "the portal's parameter in capitals of an escape": named("tabard:portal"),
    "a unique copy of the portal's parameter": sa.select(
        sa.bindparam(PORTAL_KEY, 2, type_=sa.Integer, unique=True)
    ),
    "a forged generated name": sa.select(
        sa.bindparam(elements._anonymous_label("tabard.portal"), 2, type_=sa.Integer)
    ),
    "the portal's parameter as a limit": sa.select(company.c.id).limit(
        selectable._OffsetLimitParam(PORTAL_KEY, 2, sa.Integer())
    ),
    "the portal's value in the statement": sa.select(company).params(**{PORTAL_KEY: THEIRS}),
    "a value in the text": sa.select(sa.bindparam("x", 1, literal_execute=True)),
    "listed values in the text": sa.select(
        sa.values(sa.column("x", sa.Integer), name="v", literal_binds=True).data([(1,)]).c.x
    ),
    # tables themselves
    "CREATE TABLE": sa.schema.CreateTable(company),
    "DROP TABLE": sa.schema.DropTable(company),
    "DDL": sa.DDL("DROP TABLE company"),  # type: ignore[no-untyped-call]
    "CREATE INDEX": sa.schema.CreateIndex(sa.Index("x", twin.c.name)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_leave_the_portal_is_refused(engine: sa.Engine, name: str) -> None:
    with pytest.raises(DoorRefusal, match=r"^\w+ refused: .+[:;] .+"):
        REFUSED[name].compile(engine)


@pytest.fixture(autouse=True)
def restored_functions() -> Iterator[None]:
    """The forged class lives in a package of its own; nothing else may see it."""
    yield
    assert type(sa.func.count()) is functions.count
