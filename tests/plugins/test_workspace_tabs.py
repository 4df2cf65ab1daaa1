"""Tabs of a workspace: what shows, what is hidden, what is forbidden, and what settings say."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway

TABS = "{ workspace { id name tabs { key position state reason isHideable } } }"
SET_VISIBLE = """mutation ($workspace: ID!, $tab: String!, $visible: Boolean!) {
  workspaceTabSetVisible(input: { workspace: $workspace, tab: $tab, visible: $visible }) {
    workspace { tabs { key state } services { settings { csmProperty } } }
    userErrors { code reason path message }
  }
}"""
SAVE = """mutation ($workspace: ID!, $settings: ServicesSettingsPatch!, $version: Int) {
  servicesSettingsUpdate(input: { workspace: $workspace, settings: $settings, ifVersion: $version }) {
    workspace { services { settings { csmProperty renewalProperty pipelines } } tabs { key settingsVersion } }
    userErrors { code reason path message ... on StaleVersionError { currentVersion } }
  }
}"""


async def workspace_of(gateway: Gateway, persona: str) -> str:
    return str((await gateway.query("{ workspace { id } }", persona=persona))["workspace"]["id"])


async def tabs(gateway: Gateway, persona: str) -> dict[str, Any]:
    data = await gateway.query(TABS, persona=persona)
    return {tab["key"]: tab for tab in data["workspace"]["tabs"]}


DAY = """{
  viewer { name }
  workspace {
    customers { owned(first: 100) { nodes { owner { name } lastActivityAt } } }
    services { owned(first: 100) { nodes { owner { name } } } }
    revenue { board { stages { recordCount deals(first: 5) { nodes { id } } } } }
  }
}"""


@pytest.mark.row("A2")
async def test_one_query_brings_the_day_of_a_customer_success_manager_together(gateway: Gateway) -> None:
    day = await gateway.query(DAY, persona="csm")
    tabs = day["workspace"]
    for tab in ("customers", "services"):
        owned = tabs[tab]["owned"]["nodes"]
        assert {node["owner"]["name"] for node in owned} == {day["viewer"]["name"]}
    assert any(node["lastActivityAt"] for node in tabs["customers"]["owned"]["nodes"])
    for stage in tabs["revenue"]["board"]["stages"]:
        assert len(stage["deals"]["nodes"]) == min(stage["recordCount"], 5)


async def test_tabs_are_listed_in_the_order_of_the_navigation(gateway: Gateway) -> None:
    listed = list(await tabs(gateway, "manager"))
    assert listed == ["customers", "services", "revenue"]


@pytest.mark.row("J19", "J25")
async def test_services_and_revenue_show_by_default_and_can_be_hidden(gateway: Gateway) -> None:
    made = await gateway.query(
        """mutation { workspaceCreate(input: { name: "New" }) { workspace { id tabs { key state } } } }""",
        persona="manager",
    )
    new = made["workspaceCreate"]["workspace"]
    assert {tab["state"] for tab in new["tabs"]} == {"VISIBLE"}, "a new workspace shows them"
    workspace = await workspace_of(gateway, "manager")
    for tab in ("services", "revenue"):
        for visible, state in ((True, "VISIBLE"), (False, "HIDDEN")):
            done = await gateway.query(
                SET_VISIBLE, {"workspace": workspace, "tab": tab, "visible": visible}, persona="manager"
            )
            assert done["workspaceTabSetVisible"]["userErrors"] == []
            assert (await tabs(gateway, "manager"))[tab]["state"] == state


async def test_a_hidden_tab_is_null_without_an_error_and_its_neighbours_answer(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "manager")
    await gateway.query(
        SET_VISIBLE, {"workspace": workspace, "tab": "services", "visible": False}, persona="manager"
    )
    data = await gateway.query(
        "{ workspace { services { owned { totalCount } } revenue { board { pipeline { label } } } }"
        " services { totalCount } }",
        persona="manager",
    )
    assert data["workspace"]["services"] is None
    assert data["workspace"]["revenue"]["board"]["pipeline"]["label"]
    assert data["services"]["totalCount"] > 0, "hiding a tab never gates the records"


async def test_a_tab_that_is_always_shown_cannot_be_hidden(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "manager")
    variables = {"workspace": workspace, "tab": "customers", "visible": False}
    done = await gateway.query(SET_VISIBLE, variables, persona="manager")
    (error,) = done["workspaceTabSetVisible"]["userErrors"]
    assert (error["code"], error["reason"], error["path"]) == (
        "INVALID",
        "tab.not_hideable",
        ["input", "tab"],
    )
    assert (await tabs(gateway, "manager"))["customers"]["state"] == "VISIBLE"


@pytest.mark.row("A4")
async def test_without_a_seat_a_tab_is_forbidden_with_the_reason(gateway: Gateway) -> None:
    for persona in ("super-admin-no-seat",):
        listed = await tabs(gateway, persona)
        assert {(tab["state"], tab["reason"]) for tab in listed.values()} == {("FORBIDDEN", "SEAT_REQUIRED")}
        answer = await gateway.execute(
            "{ workspace { name customers { owned { totalCount } } } }", persona=persona
        )
        assert answer.data is not None
        assert answer.data["workspace"]["customers"] is None
        assert answer.data["workspace"]["name"]
        (error,) = answer.errors
        assert error.path == ["workspace", "customers"]
        assert answer.codes == ["FORBIDDEN"]


@pytest.mark.row("J20")
async def test_the_settings_of_a_hidden_tab_are_refused_and_nothing_is_written(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "manager")
    await gateway.query(
        SET_VISIBLE, {"workspace": workspace, "tab": "services", "visible": False}, persona="manager"
    )
    saved = await gateway.query(
        SAVE, {"workspace": workspace, "settings": {"renewalProperty": None}}, persona="manager"
    )
    (error,) = saved["servicesSettingsUpdate"]["userErrors"]
    assert (error["code"], error["reason"]) == ("CONFLICT", "TAB_HIDDEN")


@pytest.mark.row("J21", "J22")
@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"csmProperty": "name"}, "csmProperty"),
        ({"csmProperty": "no_such_property"}, "csmProperty"),
        ({"renewalProperty": "owner"}, "renewalProperty"),
        ({"pipelines": ["pipeline_0000000000000"]}, "pipelines.0"),
        ({"defaultPipeline": "nonsense"}, "defaultPipeline"),
    ],
)
async def test_a_reference_of_the_wrong_kind_is_refused(
    gateway: Gateway, settings: dict[str, Any], path: str
) -> None:
    workspace = await workspace_of(gateway, "super-admin")
    saved = await gateway.query(SAVE, {"workspace": workspace, "settings": settings}, persona="super-admin")
    (error,) = saved["servicesSettingsUpdate"]["userErrors"]
    assert (error["code"], ".".join(error["path"])) == ("INVALID", f"input.settings.{path}")


async def test_pipelines_of_another_object_or_portal_are_refused(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "super-admin")
    listed = await gateway.query("{ pipelines { nodes { id objectType } } }", persona="super-admin")
    deal = next(item["id"] for item in listed["pipelines"]["nodes"] if item["objectType"] == "deal")
    for id in (deal, await gateway.some_id("pipeline", "other")):
        saved = await gateway.query(
            SAVE, {"workspace": workspace, "settings": {"pipelines": [id]}}, persona="super-admin"
        )
        (error,) = saved["servicesSettingsUpdate"]["userErrors"]
        assert error["reason"] == "setting.pipeline"


async def test_a_team_workspace_inherits_the_accounts_settings_until_it_has_its_own(gateway: Gateway) -> None:
    account, own = await workspace_of(gateway, "super-admin"), await workspace_of(gateway, "csm")
    assert account != own
    await gateway.query(
        SAVE, {"workspace": account, "settings": {"renewalProperty": "starts_on"}}, persona="super-admin"
    )
    read = "{ workspace { services { settings { renewalProperty } } } }"

    async def in_force(persona: str) -> str:
        data = await gateway.query(read, persona=persona)
        return str(data["workspace"]["services"]["settings"]["renewalProperty"])

    assert await in_force("csm") == "starts_on"
    await gateway.query(
        SAVE, {"workspace": own, "settings": {"renewalProperty": "target_end_on"}}, persona="manager"
    )
    assert (await in_force("csm"), await in_force("super-admin")) == ("target_end_on", "starts_on")
    await gateway.query(SAVE, {"workspace": own, "settings": {"renewalProperty": None}}, persona="manager")
    assert await in_force("csm") == "starts_on"


async def test_saving_from_an_old_version_is_refused_with_the_current_one(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "super-admin")
    first = {"workspace": workspace, "settings": {"renewalProperty": "starts_on"}, "version": 0}
    assert (await gateway.query(SAVE, first, persona="super-admin"))["servicesSettingsUpdate"][
        "userErrors"
    ] == []
    (error,) = (await gateway.query(SAVE, first, persona="super-admin"))["servicesSettingsUpdate"][
        "userErrors"
    ]
    assert (error["code"], error["currentVersion"]) == ("STALE", 1)


async def test_who_may_not_manage_settings_is_told_the_reason_and_changes_nothing(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "csm")
    answer = await gateway.execute(SET_VISIBLE, {"workspace": workspace, "tab": "services", "visible": False})
    assert answer.data == {"workspaceTabSetVisible": None}
    assert answer.codes == ["FORBIDDEN"]
    assert (answer.errors[0].extensions or {})["reason"] == "PERMISSION_REQUIRED"
    assert (await tabs(gateway, "csm"))["services"]["state"] == "VISIBLE"


async def test_another_portals_workspace_is_answered_like_one_that_is_not_there(gateway: Gateway) -> None:
    foreign = await gateway.some_id("workspace", "other")
    answers = []
    for id in (foreign, "workspace_0000000000001"):
        seen = await gateway.query(
            "query ($id: ID!) { workspace(id: $id) { name } }", {"id": id}, persona="super-admin"
        )
        variables = {"workspace": id, "tab": "services", "visible": False}
        answers.append((seen, await gateway.query(SET_VISIBLE, variables, persona="super-admin")))
    assert answers[0] == answers[1]
    assert answers[0][0] == {"workspace": None}


REVENUE = """mutation ($workspace: ID!, $settings: RevenueSettingsPatch!) {
  revenueSettingsUpdate(input: { workspace: $workspace, settings: $settings }) {
    workspace { revenue {
      settings { pipelines defaultPipeline defaultLayout }
      pipelines { nodes { id } }
      board { pipeline { id } }
    } }
    userErrors { code reason path message }
  }
}"""
LAYOUT = """mutation ($type: String!, $name: String!, $properties: [String!]!) {
  pageLayoutCreate(input: { objectType: $type, name: $name, kind: BOARD, properties: $properties }) {
    pageLayout { id name kind properties }
    userErrors { code reason path }
  }
}"""


async def save_revenue(gateway: Gateway, **settings: Any) -> Any:
    variables = {"workspace": await workspace_of(gateway, "super-admin"), "settings": settings}
    return (await gateway.query(REVENUE, variables, persona="super-admin"))["revenueSettingsUpdate"]


async def pipelines(gateway: Gateway) -> dict[str, str]:
    listed = await gateway.query("{ pipelines { nodes { id objectType } } }", persona="super-admin")
    return {item["objectType"]: item["id"] for item in listed["pipelines"]["nodes"]}


@pytest.mark.row("J26", "J28", "J29")
async def test_the_revenue_tab_shows_the_pipelines_that_were_selected_and_opens_the_default(
    gateway: Gateway,
) -> None:
    made = await pipelines(gateway)
    done = await save_revenue(gateway, pipelines=[made["ticket"]])
    assert done["userErrors"] == []
    revenue = done["workspace"]["revenue"]
    assert [item["id"] for item in revenue["pipelines"]["nodes"]] == [made["ticket"]]
    assert revenue["board"]["pipeline"]["id"] == made["ticket"]
    hidden = await gateway.query(
        "query ($id: ID!) { workspace { revenue { board(pipeline: $id) { pipeline { id } } } } }",
        {"id": made["deal"]},
        persona="super-admin",
    )
    assert hidden["workspace"]["revenue"]["board"] is None
    done = await save_revenue(gateway, pipelines=None, defaultPipeline=made["ticket"])
    assert len(done["workspace"]["revenue"]["pipelines"]["nodes"]) == 2
    assert done["workspace"]["revenue"]["board"]["pipeline"]["id"] == made["ticket"]


async def test_a_default_that_is_not_shown_is_refused(gateway: Gateway) -> None:
    made = await pipelines(gateway)
    done = await save_revenue(gateway, pipelines=[made["ticket"]], defaultPipeline=made["deal"])
    (error,) = done["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "settings", "defaultPipeline"])


@pytest.mark.row("J23", "J24")
async def test_the_services_tab_shows_only_services_of_the_selected_pipelines(gateway: Gateway) -> None:
    made = await pipelines(gateway)
    read = "{ workspace { services { owned { totalCount } pipelines { nodes { id } } } } }"
    workspace = await workspace_of(gateway, "csm")
    every = (await gateway.query(read))["workspace"]["services"]
    assert every["owned"]["totalCount"] > 0
    await add_pipeline(gateway)
    empty = next(item for item in await service_pipelines(gateway) if item != made["service"])
    for chosen, count in ((made["service"], every["owned"]["totalCount"]), (empty, 0)):
        settings = {"pipelines": [chosen], "defaultPipeline": chosen}
        saved = await gateway.query(SAVE, {"workspace": workspace, "settings": settings}, persona="manager")
        assert saved["servicesSettingsUpdate"]["userErrors"] == []
        shown = (await gateway.query(read))["workspace"]["services"]
        assert shown["owned"]["totalCount"] == count
        assert [item["id"] for item in shown["pipelines"]["nodes"]] == [chosen]


async def service_pipelines(gateway: Gateway) -> list[str]:
    listed = await gateway.query("{ pipelines { nodes { id objectType } } }")
    return [item["id"] for item in listed["pipelines"]["nodes"] if item["objectType"] == "service"]


async def add_pipeline(gateway: Gateway) -> None:
    """A second pipeline for services, without any service in it."""
    row = {"object_type": "service", "key": "repairs", "label": "Repairs", "display_order": 1, "version": 1}
    async with gateway.graph.database.writing(Scope(await gateway.portal_id())) as session:
        await session.execute(sa.insert(tables.pipeline), [{"id": gateway.graph.new_id(), **row}])


@pytest.mark.row("J24", "J29")
async def test_a_layout_of_the_object_can_be_the_default_and_others_cannot(gateway: Gateway) -> None:
    async def layout(object_type: str, name: str, keys: list[str]) -> Any:
        variables = {"type": object_type, "name": name, "properties": keys}
        return (await gateway.query(LAYOUT, variables, persona="super-admin"))["pageLayoutCreate"]

    deals = await layout("deal", "Cards", ["name", "amount", "close_on"])
    assert deals["pageLayout"]["properties"] == ["name", "amount", "close_on"]
    assert (await layout("deal", "CARDS", ["name"]))["userErrors"][0]["reason"] == "layout.name_taken"
    assert (await layout("deal", "Odd", ["nope"]))["userErrors"][0]["reason"] == "property.unknown"
    assert (await layout("deal", "Empty", []))["userErrors"][0]["reason"] == "layout.properties"
    assert (await layout("planet", "None", ["name"]))["userErrors"][0]["reason"] == "record.object_type"
    companies = await layout("company", "Cards", ["name"])
    done = await save_revenue(gateway, defaultLayout=deals["pageLayout"]["id"])
    assert done["workspace"]["revenue"]["settings"]["defaultLayout"] == deals["pageLayout"]["id"]
    for id in (companies["pageLayout"]["id"], "page_layout_0000000000001"):
        (error,) = (await save_revenue(gateway, defaultLayout=id))["userErrors"]
        assert (error["code"], error["reason"]) == ("INVALID", "setting.layout")


@pytest.mark.row("J2", "J16")
async def test_saving_one_section_leaves_the_others_alone(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway, "super-admin")
    await gateway.query(
        SAVE, {"workspace": workspace, "settings": {"renewalProperty": "starts_on"}}, persona="super-admin"
    )
    before = await tabs_versions(gateway)
    await save_revenue(gateway, renewalProperty="close_on")
    after = await tabs_versions(gateway)
    assert after == {**before, "revenue": before["revenue"] + 1}


async def tabs_versions(gateway: Gateway) -> dict[str, int]:
    data = await gateway.query("{ workspace { tabs { key settingsVersion } } }", persona="super-admin")
    return {tab["key"]: tab["settingsVersion"] for tab in data["workspace"]["tabs"]}
