"""Which records stand for customers: companies, or a custom object where the plan and the account have one."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.portals import change_plan
from tabard.records import journal, tables
from tabard.testing import Gateway

ADMIN = "super-admin"
SUBSCRIPTION = "custom.subscription"
ACCOUNT = """{ accountSettings { version accountObject accountObjectOptions { value label }
  workspace { customers { accountObject settings { csmProperty renewalProperty } } } } }"""
SAVE = """mutation ($input: AccountSettingsUpdateInput!) {
  accountSettingsUpdate(input: $input) {
    workspace { customers { accountObject settings { csmProperty renewalProperty } } }
    userErrors { code reason path }
  }
}"""
CHANGE = """query ($to: String!) { accountObjectChange(objectType: $to) {
  objectType droppedSettings { tab setting value workspace { name } } } }"""
OWNED = """{ workspace { customers { accountObject
  owned(first: 100) { totalCount nodes { name } }
  ownedCustomRecords(first: 100) { totalCount nodes { name objectType } }
} } }"""
TEAM = """mutation ($workspace: ID!, $settings: CustomersSettingsPatch!) {
  customersSettingsUpdate(input: { workspace: $workspace, settings: $settings }) { userErrors { reason path } }
}"""


async def account(gateway: Gateway) -> Any:
    return (await gateway.query(ACCOUNT, persona=ADMIN))["accountSettings"]


async def save(gateway: Gateway, **given: Any) -> Any:
    return (await gateway.query(SAVE, {"input": given}, persona=ADMIN))["accountSettingsUpdate"]


async def change(gateway: Gateway, to: str) -> Any:
    return (await gateway.query(CHANGE, {"to": to}, persona=ADMIN))["accountObjectChange"]


async def own_workspace(gateway: Gateway, persona: str) -> str:
    return str((await gateway.query("{ workspace { id } }", persona=persona))["workspace"]["id"])


@pytest.mark.row("B2")
async def test_companies_or_a_custom_object_can_be_chosen_on_enterprise_and_only_companies_without_it(
    gateway: Gateway,
) -> None:
    found = await account(gateway)
    assert found["accountObject"] == "company"
    assert found["accountObjectOptions"] == [
        {"value": "company", "label": "Companies"},
        {"value": SUBSCRIPTION, "label": "Subscriptions"},
    ]
    await change_plan(gateway.graph.database, "demo", "PROFESSIONAL")
    assert [item["value"] for item in (await account(gateway))["accountObjectOptions"]] == ["company"]
    refused = await save(gateway, accountObject=SUBSCRIPTION)
    assert refused["userErrors"] == [
        {"code": "FORBIDDEN", "reason": "plan.enterprise_required", "path": ["input", "accountObject"]}
    ]
    assert await change(gateway, SUBSCRIPTION) is None
    assert (await account(gateway))["accountObject"] == "company"


@pytest.mark.row("B2")
async def test_without_a_custom_object_there_is_no_choice(gateway: Gateway) -> None:
    other = await gateway.query(
        "{ accountSettings { accountObjectOptions { value } } }", persona="other-portal-admin", portal="other"
    )
    assert other["accountSettings"]["accountObjectOptions"] == [{"value": "company"}]
    for unknown, reason in (("custom.planet", "record.object_type"), ("deal", "account.object")):
        done = await save(gateway, accountObject=unknown)
        (error,) = done["userErrors"]
        assert (error["reason"], error["path"]) == (reason, ["input", "accountObject"])
        assert await change(gateway, unknown) is None


@pytest.mark.row("B2", "B3", "B4", "J17", "J18")
async def test_another_account_object_drops_the_properties_that_it_lacks_and_says_so_before(
    gateway: Gateway,
) -> None:
    await save(gateway, customers={"csmProperty": "backup_csm", "renewalProperty": "renewal_on"})
    team = await own_workspace(gateway, "csm")
    variables = {"workspace": team, "settings": {"renewalProperty": "onboarded_on", "csmProperty": "owner"}}
    saved = await gateway.query(TEAM, variables, persona=ADMIN)
    assert saved["customersSettingsUpdate"]["userErrors"] == []
    before = await account(gateway)
    told = await change(gateway, SUBSCRIPTION)
    assert [
        (item["workspace"]["name"], item["tab"], item["setting"], item["value"])
        for item in told["droppedSettings"]
    ] == [
        ("Customer Success", "customers", "csmProperty", "backup_csm"),
        ("Customer Success", "customers", "renewalProperty", "renewal_on"),
        ("Onboarding", "customers", "renewalProperty", "onboarded_on"),
    ]
    assert await account(gateway) == before, "asking changes nothing"
    done = await save(gateway, accountObject=SUBSCRIPTION, ifVersion=before["version"])
    assert done["userErrors"] == []
    assert done["workspace"]["customers"] == {
        "accountObject": SUBSCRIPTION,
        "settings": {"csmProperty": "owner", "renewalProperty": None},
    }
    in_team = await gateway.query(
        "{ workspace { customers { settings { csmProperty renewalProperty } } tabs { key settingsOwn } } }"
    )
    assert in_team["workspace"]["customers"]["settings"] == {"csmProperty": "owner", "renewalProperty": None}
    assert in_team["workspace"]["tabs"][0]["settingsOwn"] == ["csmProperty"], (
        "the owner is on both, so it stays"
    )
    assert (await change(gateway, SUBSCRIPTION))["droppedSettings"] == []
    entry = journal.audit_entry.c
    (changed,) = await gateway.fetch(sa.select(entry.changes).where(entry.action == "account.object_changed"))
    assert changed[0] == {"accountObject": ["company", SUBSCRIPTION]}


@pytest.mark.row("B2", "B3", "B4", "J17", "J18")
async def test_object_and_properties_are_chosen_together_and_properties_follow_the_object(
    gateway: Gateway,
) -> None:
    chosen = {"csmProperty": "success_manager", "renewalProperty": "renews_on"}
    refused = await save(gateway, customers=chosen)
    assert refused["userErrors"] == [
        {"code": "INVALID", "reason": "setting.property_kind", "path": ["input", "customers", "csmProperty"]}
    ]
    done = await save(gateway, accountObject=SUBSCRIPTION, customers=chosen)
    assert (done["userErrors"], done["workspace"]["customers"]["settings"]) == ([], chosen)
    refused = await save(gateway, customers={"csmProperty": "backup_csm"})
    assert refused["userErrors"][0]["reason"] == "setting.property_kind"
    back = await save(gateway, accountObject="company", customers={"csmProperty": "backup_csm"})
    assert back["workspace"]["customers"]["settings"] == {
        "csmProperty": "backup_csm",
        "renewalProperty": None,
    }


@pytest.mark.row("B2", "B3")
async def test_the_customers_are_the_records_of_the_account_object_whose_property_names_the_viewer(
    gateway: Gateway,
) -> None:
    before = (await gateway.query(OWNED))["workspace"]["customers"]
    assert (before["accountObject"], before["ownedCustomRecords"]["totalCount"]) == ("company", 0)
    assert before["owned"]["totalCount"] > 0
    await save(gateway, accountObject=SUBSCRIPTION, customers={"csmProperty": "success_manager"})
    _, user_id = await gateway.identity("csm")
    value, definition = tables.property_value.c, tables.property_definition.c
    record = tables.custom_record
    held = (
        sa.select(record.c.name)
        .join(tables.property_value, value.record_id == record.c.id)
        .join(tables.property_definition, definition.id == value.property_id)
        .where(definition.key == "success_manager", value.user_id == user_id)
    )
    names = {row[0] for row in await gateway.fetch(held)}
    after = (await gateway.query(OWNED))["workspace"]["customers"]
    assert (after["accountObject"], after["owned"]["totalCount"]) == (SUBSCRIPTION, 0)
    assert {node["name"] for node in after["ownedCustomRecords"]["nodes"]} == names != set()


@pytest.mark.row("A1", "B2")
async def test_when_enterprise_is_lost_a_custom_account_object_stays_and_can_only_be_read(
    gateway: Gateway,
) -> None:
    await save(gateway, accountObject=SUBSCRIPTION, customers={"csmProperty": "success_manager"})
    before = await account(gateway)
    counted = "{ workspace { customers { ownedCustomRecords { totalCount } } } }"
    owned = (await gateway.query(counted))["workspace"]["customers"]
    assert owned["ownedCustomRecords"]["totalCount"] > 0
    await change_plan(gateway.graph.database, "demo", "PROFESSIONAL")
    refused = await save(gateway, customers={"csmProperty": "owner"})
    assert refused["userErrors"] == [
        {
            "code": "FORBIDDEN",
            "reason": "plan.enterprise_required",
            "path": ["input", "customers", "csmProperty"],
        }
    ]
    after = await account(gateway)
    assert {**after, "accountObjectOptions": before["accountObjectOptions"]} == before
    assert (await gateway.query(counted))["workspace"]["customers"] == owned
    companies = await save(gateway, accountObject="company")
    assert companies["userErrors"] == [], "going back to companies needs no plan"
