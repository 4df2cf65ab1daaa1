"""Settings forms: a frontend draws a form for any tab from what the graph tells of its settings."""

from typing import Any

import pytest

from tabard.portals import change_plan
from tabard.testing import Gateway

ADMIN = "super-admin"
FORMS = "{ workspace { id tabs { key settingsSchema settingsValues settingsOwn } } }"
OPTIONS = """query ($setting: String!, $of: [String!]) {
  workspace { tabs { key settingOptions(setting: $setting, objectTypes: $of) { value label objectTypes } } }
}"""
SAVE = """mutation ($workspace: ID!, $settings: RevenueSettingsPatch!) {
  revenueSettingsUpdate(input: { workspace: $workspace, settings: $settings }) {
    workspace { tabs { key settingsValues settingsOwn } revenue { settings { objects csmProperty renewalProperty } } }
    userErrors { code reason path }
  }
}"""


async def forms(gateway: Gateway, persona: str = ADMIN) -> dict[str, Any]:
    data = await gateway.query(FORMS, persona=persona)
    return {tab["key"]: tab for tab in data["workspace"]["tabs"]}


async def options(gateway: Gateway, tab: str, setting: str, of: list[str] | None = None) -> Any:
    data = await gateway.query(OPTIONS, {"setting": setting, "of": of}, persona=ADMIN)
    (found,) = [item["settingOptions"] for item in data["workspace"]["tabs"] if item["key"] == tab]
    return found


async def save(gateway: Gateway, **settings: Any) -> Any:
    workspace = (await gateway.query(FORMS, persona=ADMIN))["workspace"]["id"]
    variables = {"workspace": workspace, "settings": settings}
    return (await gateway.query(SAVE, variables, persona=ADMIN))["revenueSettingsUpdate"]


@pytest.mark.row("J2", "J3", "J11", "J16")
async def test_every_setting_has_title_description_default_and_what_it_refers_to(gateway: Gateway) -> None:
    found = await forms(gateway)
    for tab in found.values():
        properties = tab["settingsSchema"]["properties"]
        assert set(tab["settingsValues"]) == set(properties)
        for setting in properties.values():
            assert setting["title"]
            assert setting["description"].endswith(".")
            assert "default" in setting
            assert setting["x-reference"]["to"] in ("property", "pipeline", "layout", "object")
    assert found["customers"]["settingsSchema"]["properties"]["csmProperty"] == {
        "title": "CSM property",
        "type": "string",
        "default": "owner",
        "description": "Key of the user property that holds a customer's CSM.",
        "x-reference": {"to": "property", "of": [{"account": "accountObject"}], "kind": "USER"},
    }
    objects = found["revenue"]["settingsSchema"]["properties"]["objects"]
    assert (objects["minItems"], objects["maxItems"], objects["default"]) == (1, 2, ["deal"])
    assert objects["x-reference"] == {"to": "object", "of": ["deal"], "custom": True}
    assert found["revenue"]["settingsSchema"]["properties"]["csmProperty"]["x-reference"]["of"] == [
        {"setting": "objects"}
    ]


@pytest.mark.row("B3", "B4", "J17", "J18", "J21", "J22")
async def test_the_properties_that_can_be_chosen_are_those_of_the_right_kind_and_object(
    gateway: Gateway,
) -> None:
    offered = {
        (tab, setting): [item["value"] for item in await options(gateway, tab, setting)]
        for tab in ("customers", "services", "revenue")
        for setting in ("csmProperty", "renewalProperty")
    }
    assert offered == {
        ("customers", "csmProperty"): ["owner", "backup_csm"],
        ("customers", "renewalProperty"): ["renewal_on", "onboarded_on"],
        ("services", "csmProperty"): ["owner"],
        ("services", "renewalProperty"): ["starts_on", "target_end_on", "renewal_on"],
        ("revenue", "csmProperty"): ["owner"],
        ("revenue", "renewalProperty"): ["close_on"],
    }
    custom = await options(gateway, "customers", "csmProperty", ["custom.subscription"])
    assert [(item["value"], item["label"]) for item in custom] == [
        ("owner", "Owner"),
        ("success_manager", "Success manager"),
    ]
    defined = await gateway.query(
        '{ propertyDefinitions(objectType: "custom.subscription", kind: DATE) { key objectType } }'
    )
    assert defined["propertyDefinitions"] == [{"key": "renews_on", "objectType": "custom.subscription"}]


async def test_what_is_offered_can_be_saved_and_nothing_is_offered_for_plain_or_unknown_settings(
    gateway: Gateway,
) -> None:
    for setting in ("csmProperty", "renewalProperty", "defaultPipeline", "defaultLayout"):
        for option in await options(gateway, "revenue", setting):
            assert (await save(gateway, **{setting: option["value"]}))["userErrors"] == []
    assert await options(gateway, "revenue", "astrology") is None
    assert await options(gateway, "customers", "objects") is None
    refused = await gateway.execute(OPTIONS, {"setting": "csmProperty"}, persona="csm")
    assert set(refused.codes) == {"FORBIDDEN"}


@pytest.mark.row("J12")
async def test_a_form_shows_what_is_in_force_and_which_of_it_is_inherited(gateway: Gateway) -> None:
    assert (await save(gateway, renewalProperty="close_on"))["userErrors"] == []
    own = (await forms(gateway))["revenue"]
    assert (own["settingsValues"]["renewalProperty"], own["settingsOwn"]) == ("close_on", ["renewalProperty"])
    team = (await forms(gateway, "csm"))["revenue"]
    assert (team["settingsValues"]["renewalProperty"], team["settingsOwn"]) == ("close_on", [])
    seatless = (await forms(gateway, "super-admin-no-seat"))["revenue"]
    assert seatless["settingsValues"] == own["settingsValues"], (
        "who manages settings sees them without a seat"
    )


@pytest.mark.row("J26", "J27", "J28")
async def test_one_or_two_record_types_bring_revenue_and_the_properties_belong_to_all_of_them(
    gateway: Gateway,
) -> None:
    assert [item["value"] for item in await options(gateway, "revenue", "objects")] == [
        "deal",
        "custom.subscription",
    ]
    chosen = {
        "objects": ["custom.subscription"],
        "csmProperty": "success_manager",
        "renewalProperty": "renews_on",
    }
    done = await save(gateway, **chosen)
    assert done["userErrors"] == []
    assert done["workspace"]["revenue"]["settings"] == chosen
    both = await save(gateway, objects=["deal", "custom.subscription"])
    assert [(error["reason"], error["path"]) for error in both["userErrors"]] == [
        ("setting.property_kind", ["input", "settings", "csmProperty"])
    ]
    both = await save(
        gateway, objects=["deal", "custom.subscription"], csmProperty="owner", renewalProperty=None
    )
    assert both["userErrors"] == []


async def test_a_team_loses_the_properties_that_the_accounts_new_revenue_object_lacks(
    gateway: Gateway,
) -> None:
    team = (await gateway.query("{ workspace { id } }"))["workspace"]["id"]
    variables = {"workspace": team, "settings": {"renewalProperty": "close_on"}}
    saved = await gateway.query(SAVE, variables, persona=ADMIN)
    assert saved["revenueSettingsUpdate"]["userErrors"] == []
    assert (await save(gateway, objects=["custom.subscription"]))["userErrors"] == []
    revenue = (await forms(gateway, "csm"))["revenue"]
    assert revenue["settingsOwn"] == []
    assert (
        revenue["settingsValues"] | {"objects": ["custom.subscription"], "renewalProperty": None}
        == (revenue["settingsValues"])
    )


@pytest.mark.row("A1", "J28")
async def test_the_pipelines_of_a_custom_object_need_it_as_revenue_object_and_enterprise(
    gateway: Gateway,
) -> None:
    def of(items: Any) -> set[str]:
        return {item["objectTypes"][0] for item in items}

    assert of(await options(gateway, "revenue", "pipelines")) == {"deal", "ticket"}
    assert (await save(gateway, objects=["custom.subscription"]))["userErrors"] == []
    offered = await options(gateway, "revenue", "pipelines")
    assert of(offered) == {"custom.subscription", "deal", "ticket"}
    (custom,) = [item["value"] for item in offered if item["objectTypes"] == ["custom.subscription"]]
    assert (await save(gateway, pipelines=[custom]))["userErrors"] == []
    board = await gateway.query(
        """{ workspace { revenue { board { pipeline { objectType } stages {
          recordCount totals { amount } customRecords(first: 100) { totalCount } deals { totalCount } } } } } }""",
        persona=ADMIN,
    )
    shown = board["workspace"]["revenue"]["board"]
    assert shown["pipeline"]["objectType"] == "custom.subscription"
    counts = [(stage["recordCount"], stage["customRecords"]["totalCount"]) for stage in shown["stages"]]
    assert all(count == listed for count, listed in counts)
    assert sum(count for count, _ in counts) > 30
    await change_plan(gateway.graph.database, "demo", "PROFESSIONAL")
    assert of(await options(gateway, "revenue", "pipelines")) == {"deal", "ticket"}
    refused = await save(gateway, pipelines=[custom])
    assert [(error["reason"], error["path"]) for error in refused["userErrors"]] == [
        ("plan.enterprise_required", ["input", "settings", "pipelines"])
    ]
    assert (await save(gateway, pipelines=None, objects=["deal"]))["userErrors"] == []
