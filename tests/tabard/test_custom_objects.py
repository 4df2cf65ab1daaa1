"""Custom objects: an account defines record types, and their records are records like any other."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.portals import change_plan
from tabard.records import journal
from tabard.testing import Gateway

ADMIN = "super-admin"
DEFINE = """mutation ($input: CustomObjectCreateInput!) {
  customObjectCreate(input: $input) {
    customObject { id objectType label pluralLabel version } userErrors { reason path }
  }
}"""
CHANGE = """mutation ($input: CustomObjectUpdateInput!) {
  customObjectUpdate(input: $input) { customObject { label pluralLabel version } userErrors { reason path } }
}"""
CREATE = """mutation ($input: RecordCreateInput!) {
  recordCreate(input: $input) {
    record { id version ... on CustomRecord { name objectType stage { label } } owner { name }
      coach: property(key: "coach") { definition { objectType isCustom } ... on UserPropertyValue { user { name } } }
      named: property(key: "name") { definition { objectType } ... on TextPropertyValue { text } } }
    userErrors { code reason path }
  }
}"""
DEFINITIONS = "query ($type: String!) { propertyDefinitions(objectType: $type) { key kind isCustom } }"


async def defined(gateway: Gateway, **given: Any) -> Any:
    properties = [
        {"key": "coach", "label": "Coach", "kind": "USER"},
        {"key": "ends_on", "label": "Ends on", "kind": "DATE"},
        {"key": "level", "label": "Level", "kind": "OPTION", "options": ["basic", "full"]},
    ]
    named = {"key": "membership", "label": " Member  ship ", "pluralLabel": "Memberships"}
    variables = {"input": {**named, "properties": properties, **given}}
    return (await gateway.query(DEFINE, variables, persona=ADMIN))["customObjectCreate"]


async def create(gateway: Gateway, object_type: str, **properties: Any) -> Any:
    given = [{"key": key, "value": value} for key, value in properties.items()]
    variables = {"input": {"objectType": object_type, "properties": given}}
    return (await gateway.query(CREATE, variables))["recordCreate"]


async def test_the_records_of_several_custom_objects_are_listed_for_each(gateway: Gateway) -> None:
    await defined(gateway)
    named = [
        (await create(gateway, "custom.membership", name={"text": name}))["record"]["name"] for name in "ABC"
    ]

    listed = await gateway.query(
        "{ customObjects { nodes { objectType records(first: 2) { totalCount nodes { name objectType } } } } }"
    )

    shown = {item["objectType"]: item["records"] for item in listed["customObjects"]["nodes"]}
    assert shown["custom.membership"]["totalCount"] == 3
    assert [node["name"] for node in shown["custom.membership"]["nodes"]] == named[:0:-1]
    assert {node["objectType"] for node in shown["custom.subscription"]["nodes"]} == {"custom.subscription"}


@pytest.mark.row("B2")
async def test_an_admin_defines_a_custom_object_with_its_properties_and_others_create_records(
    gateway: Gateway,
) -> None:
    done = await defined(gateway)
    assert done["userErrors"] == []
    made = done["customObject"]
    assert (made["objectType"], made["label"], made["version"]) == ("custom.membership", "Member ship", 1)
    listed = await gateway.query(DEFINITIONS, {"type": "custom.membership"})
    kinds = {item["key"]: (item["kind"], item["isCustom"]) for item in listed["propertyDefinitions"]}
    assert kinds["name"] == ("TEXT", False)
    assert kinds["owner"] == ("USER", False)
    assert (kinds["coach"], kinds["ends_on"]) == (("USER", True), ("DATE", True))
    me = (await gateway.query("{ viewer { user { id name } } }"))["viewer"]["user"]
    record = await create(
        gateway,
        "custom.membership",
        name={"text": "Gold"},
        coach={"user": me["id"]},
        level={"option": "full"},
    )
    assert record["userErrors"] == []
    shown = record["record"]
    assert (shown["name"], shown["objectType"], shown["owner"]["name"]) == (
        "Gold",
        "custom.membership",
        me["name"],
    )
    assert shown["coach"] == {
        "definition": {"objectType": "custom.membership", "isCustom": True},
        "user": {"name": me["name"]},
    }
    assert shown["named"]["definition"]["objectType"] == "custom.membership"
    history = journal.property_history.c
    kept = await gateway.fetch(
        sa.select(history.property_key).where(history.object_type == "custom.membership")
    )
    assert {row[0] for row in kept} == {"name", "coach", "level", "owner"}


async def test_a_definition_grows_and_each_custom_object_keeps_its_properties_to_itself(
    gateway: Gateway,
) -> None:
    made = (await defined(gateway))["customObject"]
    more = [{"key": "discount", "label": "Discount", "kind": "NUMBER"}]
    changes = {"customObject": made["id"], "label": "Pass", "properties": more, "ifVersion": 1}
    changed = (await gateway.query(CHANGE, {"input": changes}, persona=ADMIN))["customObjectUpdate"]
    assert changed == {
        "customObject": {"label": "Pass", "pluralLabel": "Memberships", "version": 2},
        "userErrors": [],
    }
    done = await create(gateway, "custom.membership", name={"text": "A"}, discount={"number": "0.5"})
    assert done["userErrors"] == []
    for object_type, key in (("custom.subscription", "discount"), ("custom.membership", "renews_on")):
        refused = await create(gateway, object_type, name={"text": "A"}, **{key: {"number": "1"}})
        assert [error["reason"] for error in refused["userErrors"]] == ["property.unknown"]


async def test_what_is_no_custom_object_has_neither_properties_nor_records(gateway: Gateway) -> None:
    for object_type in ("custom.planet", "custom_record", "custom."):
        assert await gateway.query(DEFINITIONS, {"type": object_type}) == {"propertyDefinitions": None}
        refused = await create(gateway, object_type, name={"text": "Mars"})
        (error,) = refused["userErrors"]
        assert (error["code"], error["reason"], error["path"]) == (
            "NOT_FOUND",
            "record.object_type",
            ["input", "objectType"],
        )


MOVE = """mutation ($record: ID!, $stage: ID!) {
  recordMoveStage(input: { record: $record, stage: $stage }) {
    record { ... on CustomRecord { stage { id } } } userErrors { reason path }
  }
}"""


async def test_its_records_move_through_its_own_pipeline_and_through_no_other(gateway: Gateway) -> None:
    record = await gateway.some_id("custom_record")
    listed = await gateway.query("{ pipelines { nodes { objectType stages { id } } } }")
    stages = {item["objectType"]: item["stages"][-1]["id"] for item in listed["pipelines"]["nodes"]}
    own = stages["custom.subscription"]
    moved = (await gateway.query(MOVE, {"record": record, "stage": own}))["recordMoveStage"]
    assert moved == {"record": {"stage": {"id": own}}, "userErrors": []}
    refused = (await gateway.query(MOVE, {"record": record, "stage": stages["deal"]}))["recordMoveStage"]
    assert refused["userErrors"] == [{"reason": "stage.object_type", "path": ["input", "stage"]}]


UPDATE = """mutation ($record: ID!) {
  recordUpdate(input: { record: $record, properties: [{ key: "name", value: { text: "New" } }] }) {
    userErrors { code reason path }
  }
}"""


@pytest.mark.row("A1", "B2")
async def test_without_enterprise_its_records_are_there_and_cannot_be_changed(gateway: Gateway) -> None:
    counted = "{ customObjects { nodes { objectType records { totalCount } } } }"
    before = await gateway.query(counted)
    record = await gateway.some_id("custom_record")
    await change_plan(gateway.graph.database, "demo", "PROFESSIONAL")
    refused = (await gateway.query(UPDATE, {"record": record}))["recordUpdate"]["userErrors"]
    made = (await create(gateway, "custom.subscription", name={"text": "New"}))["userErrors"]
    for errors, name in ((refused, "record"), (made, "objectType")):
        assert errors == [
            {"code": "FORBIDDEN", "reason": "plan.enterprise_required", "path": ["input", name]}
        ]
    assert await gateway.query(counted) == before
    seen = await gateway.query("query ($id: ID!) { node(id: $id) { id } }", {"id": record})
    assert seen == {"node": {"id": record}}


LAYOUT = """mutation { pageLayoutCreate(input: {
  objectType: "custom.subscription", name: "Cards", kind: BOARD, properties: ["name", "renews_on"] }) {
    pageLayout { id properties } userErrors { reason } } }"""
SAVE = """mutation ($workspace: ID!, $settings: RevenueSettingsPatch!) {
  revenueSettingsUpdate(input: { workspace: $workspace, settings: $settings }) {
    workspace { revenue { settings { defaultLayout } } tabs { key settingsOwn settingsVersion } }
    userErrors { reason path }
  }
}"""
DELETE = "mutation ($layout: ID!) { pageLayoutDelete(input: { layout: $layout }) { deletedId userErrors { reason } } }"


@pytest.mark.row("J24", "J29")
async def test_a_deleted_layout_is_dropped_from_the_settings_that_name_it(gateway: Gateway) -> None:
    layout = (await gateway.query(LAYOUT, persona=ADMIN))["pageLayoutCreate"]["pageLayout"]
    assert layout["properties"] == ["name", "renews_on"]
    read = (
        "{ workspace { id revenue { settings { defaultLayout } } tabs { key settingsOwn settingsVersion } } }"
    )
    workspace = (await gateway.query(read, persona=ADMIN))["workspace"]["id"]
    settings = {"objects": ["custom.subscription"], "defaultLayout": layout["id"]}
    saved = await gateway.query(SAVE, {"workspace": workspace, "settings": settings}, persona=ADMIN)
    assert saved["revenueSettingsUpdate"]["userErrors"] == []
    deleted = await gateway.query(DELETE, {"layout": layout["id"]}, persona=ADMIN)
    assert deleted["pageLayoutDelete"] == {"deletedId": layout["id"], "userErrors": []}
    after = (await gateway.query(read, persona=ADMIN))["workspace"]
    assert after["revenue"]["settings"] == {"defaultLayout": None}
    (revenue,) = [tab for tab in after["tabs"] if tab["key"] == "revenue"]
    assert (revenue["settingsOwn"], revenue["settingsVersion"]) == (["objects"], 2)
    entry = journal.audit_entry.c
    kept = await gateway.fetch(sa.select(entry.changes).where(entry.action == "tab.configured"))
    assert {"revenue.defaultLayout": [layout["id"], None]} in [row[0] for row in kept]
