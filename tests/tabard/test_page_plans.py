"""Pages cost what they show: databases take them off an index, however many records there are beside."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard import Plugin
from tabard.storage.compiled import NOTHING
from tabard.storage.session import ReadSession
from tabard.testing import Gateway
from tests.support.databases import Templates
from tests.support.gateways import load_demo, opened

MANY = 3_000
TABLES = ("company", "contact", "deal", "ticket", "custom_record", "service")
Statement = tuple[str, Sequence[Any]]


async def load(url: str, plugins: Sequence[Plugin]) -> None:
    """Makes the demo with thousands of records of each type."""
    await load_demo(url, plugins)
    async with opened(url, plugins) as gateway, gateway.graph.database.system("test") as connection:
        for name in TABLES:
            await _multiply(connection, gateway.graph.registry.tables.tables[name])
        await connection.exec_driver_sql("ANALYZE")


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The large demos of this module, in place of the suite's."""
    made = Templates(tmp_path_factory.mktemp("large"), load)
    yield made
    made.drop()


async def _multiply(connection: AsyncConnection, table: sa.Table) -> None:
    """Adds copies of the rows, of the same age and parents."""
    count = (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
    for lap in range(1, MANY // count + 1):
        copied = {"id": table.c.id + lap * 10**14, "external_id": sa.null()}
        columns = [copied.get(column.key, column) for column in table.c]
        rows = sa.select(*columns).order_by(table.c.id).limit(count)
        await connection.execute(sa.insert(table).from_select([*table.c.keys()], rows))


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Statement]]:
    """What reaches the database meanwhile."""
    find, statements = ReadSession.find, list[Statement]()

    async def note(session: ReadSession, statement: Any, given: Any = NOTHING, **how: Any) -> Any:
        found = await find(session, statement, given, **how)
        _, values = session._readers.statements.find(statement, given)
        statements.append((found.compiled.text, found.compiled.arguments.values(session._parameters, values)))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(ReadSession, "find", note)
        yield statements


async def plan(gateway: Gateway, statement: Statement) -> str:
    """How the database answers the statement."""
    text, values = statement
    async with gateway.graph.database.system("test") as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if gateway.graph.database.dialect == "sqlite":
            rows = await (await driver.execute(f"EXPLAIN QUERY PLAN {text}", values)).fetchall()
            return "\n".join(row[3] for row in rows)
        return "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN {text}", *values))


PAGE = "(first: $first, after: $after, last: $last, before: $before)"
ARGUMENTS = "query ($first: Int, $after: String, $last: Int, $before: String)"
SHOWN = "nodes { id version } pageInfo { hasNextPage startCursor endCursor }"
OF_COMPANIES = f"{{ companies(first: 20) {{ nodes {{ list: %s{PAGE} {{ {SHOWN} }} }} }} }}"
OF_ONE_COMPANY = OF_COMPANIES.replace("20", "1")
OF_STAGES = f"{{ workspace {{ revenue {{ board {{ stages {{ list: %s{PAGE} {{ {SHOWN} }} }} }} }} }} }}"
OF_PORTAL = f"{{ list: %s{PAGE} {{ {SHOWN} }} }}"
OF_PARENTS = [
    (OF_COMPANIES, "deals", "deal", "deal_company_id"),
    (OF_COMPANIES, "tickets", "ticket", "ticket_company_id"),
    (OF_COMPANIES, "services", "service", "service_company_id"),
    (OF_COMPANIES, "contacts", "contact", "contact_company_id"),
    (OF_COMPANIES, "subsidiaries", "company", "company_parent_id"),
    (OF_STAGES, "deals", "deal", "deal_stage_id"),
    (OF_STAGES, "tickets", "ticket", "ticket_stage_id"),
    (OF_STAGES, "customRecords", "custom_record", "custom_record_stage_id"),
]
OF_ONE = [
    (OF_PORTAL, "deals", "deal", "deal_created_at"),
    (OF_PORTAL, "companies", "company", "company_created_at"),
    (OF_ONE_COMPANY, "deals", "deal", "deal_company_id"),
    (OF_ONE_COMPANY, "contacts", "contact", "contact_company_id"),
]
ENDS: list[dict[str, Any]] = [{"first": 3}, {"last": 3}]


def lists_of(data: Any) -> list[Any]:
    """The connections called `list`, wherever they are."""
    if isinstance(data, list):
        return [found for item in data for found in lists_of(item)]
    if not isinstance(data, dict):
        return []
    return [*([data["list"]] if "list" in data else []), *lists_of(list(data.values()))]


async def plans(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, document: str, table: str
) -> AsyncIterator[tuple[dict[str, Any], str]]:
    """How the list of a document is read: from either end, and on from a cursor."""
    waiting = [*ENDS]
    while waiting:
        variables = waiting.pop()
        with noted(monkeypatch) as statements:
            data = await gateway.query(f"{ARGUMENTS} {document}", variables)
        statement = [found for found in statements if f"FROM {table} WHERE" in found[0]][-1]
        yield variables, await plan(gateway, statement)
        infos = [found["pageInfo"] for found in lists_of(data) if found["nodes"]]
        if infos and variables in ENDS:
            on = (
                {"after": infos[-1]["endCursor"]}
                if "first" in variables
                else {"before": infos[-1]["startCursor"]}
            )
            waiting.append(variables | on)


def assert_from_index(plan: str, table: str, index: str, sorts: int) -> None:
    """That the rows are the beginning of a range of the index, whose order nothing has to bring about."""
    if "SEARCH" in plan:
        assert re.search(rf"SEARCH {table} USING (COVERING )?INDEX {index} \(portal_id=\?", plan), plan
        assert f"SCAN {table}" not in plan, plan
        assert plan.count("TEMP B-TREE") == sorts, plan
    else:
        assert re.search(rf"Index (Only )?Scan (Backward )?using {index} on {table}", plan), plan
        assert f"Seq Scan on {table}" not in plan, plan
        assert plan.count("Sort Key") == sorts, plan


async def test_pages_of_many_parents_are_taken_off_an_index_parent_by_parent(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for around, name, table, index in OF_PARENTS:
        async for _, read in plans(gateway, monkeypatch, around % name, table):
            # What is sorted are the rows that are shown, by their parents.
            assert_from_index(read, table, index, sorts=1)


async def test_a_page_of_one_parent_or_of_all_is_taken_off_an_index_from_its_cursor_on(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for around, name, table, index in OF_ONE:
        async for variables, read in plans(gateway, monkeypatch, around % name, table):
            assert_from_index(read, table, index, sorts=0)
            if len(variables) > 1:
                assert re.search(r"(created_at|name_folded)(\)::text)?( [<>]=|[<>]\?)", read), read


async def test_counts_and_sums_on_sqlite_read_an_index_alone(
    demo_sqlite_url: str, plugins: Sequence[Plugin], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = [
        ("{ companies(first: 20) { nodes { deals { totalCount } } } }", "deal", "deal_company_id"),
        ("{ companies(first: 20) { nodes { contacts { totalCount } } } }", "contact", "contact_company_id"),
        ("{ deals { totalCount } }", "deal", "deal_created_at"),
        ("{ workspace { revenue { board { stages { recordCount } } } } }", "deal", "deal_stage_amount"),
        ("{ workspace { revenue { board { stages { recordCount } } } } }", "ticket", "ticket_stage_id"),
    ]
    async with opened(demo_sqlite_url, plugins) as gateway:
        for document, table, index in counted:
            with noted(monkeypatch) as statements:
                await gateway.query(document)
            read = await plan(
                gateway, next(found for found in statements if f"FROM {table} WHERE" in found[0])
            )
            assert f"SEARCH {table} USING COVERING INDEX {index} (portal_id=?" in read, read
