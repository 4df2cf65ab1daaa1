"""The Customers tab lists whom the viewer looks after, by the property that the settings name."""

import sqlalchemy as sa

from tabard.columns import fold
from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway

OWNED = "{ workspace { customers { owned(first: 100) { totalCount nodes { id name owner { name } } } } } }"


async def test_it_lists_the_companies_that_the_viewer_owns(gateway: Gateway) -> None:
    _, user_id = await gateway.identity("csm")
    company = tables.company.c
    rows = await gateway.fetch(sa.select(company.name).where(company.owner_id == user_id))
    owned = (await gateway.query(OWNED))["workspace"]["customers"]["owned"]
    assert owned["totalCount"] == len(rows) > 0
    assert [node["name"] for node in owned["nodes"]] == sorted(
        (row[0] for row in rows), key=lambda name: str(fold(name))
    )
    assert {node["owner"]["name"] for node in owned["nodes"]} == {"Dario Conti"}


async def test_a_custom_user_property_can_say_who_looks_after_a_customer(gateway: Gateway) -> None:
    _, user_id = await gateway.identity("manager")
    definition, value = tables.property_definition.c, tables.property_value.c
    (key,), *_ = await gateway.fetch(
        sa.select(definition.key).where(definition.object_type == "company", definition.kind == "USER")
    )
    chosen = await gateway.query(
        """mutation ($workspace: ID!, $key: String!) {
          customersSettingsUpdate(input: { workspace: $workspace, settings: { csmProperty: $key } }) {
            workspace { customers { settings { csmProperty } } }
            userErrors { message }
          }
        }""",
        {"workspace": await own_workspace(gateway), "key": key},
        persona="manager",
    )
    assert chosen["customersSettingsUpdate"]["userErrors"] == []
    held = await gateway.fetch(
        sa.select(value.record_id)
        .join(tables.property_definition, definition.id == value.property_id)
        .where(definition.object_type == "company", value.user_id == user_id)
    )
    owned = (await gateway.query(OWNED, persona="manager"))["workspace"]["customers"]["owned"]
    assert owned["totalCount"] == len(held)


async def own_workspace(gateway: Gateway) -> str:
    return str((await gateway.query("{ workspace { id } }", persona="manager"))["workspace"]["id"])


async def test_an_archived_customer_is_not_listed(gateway: Gateway) -> None:
    before = (await gateway.query(OWNED))["workspace"]["customers"]["owned"]
    portal_id = await gateway.portal_id()
    gone = before["nodes"][0]
    async with gateway.graph.database.writing(Scope(portal_id)) as session:
        await session.execute(
            sa.update(tables.company)
            .where(tables.company.c.name == gone["name"])
            .values(archived_at=gateway.graph.now())
        )
    after = (await gateway.query(OWNED))["workspace"]["customers"]["owned"]
    assert gone["id"] not in {node["id"] for node in after["nodes"]}
    assert after["totalCount"] == before["totalCount"] - 1
