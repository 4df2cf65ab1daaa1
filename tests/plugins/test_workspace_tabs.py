"""Tabs of a workspace: what shows, what is hidden, what is forbidden, and what settings say."""

from typing import Any

import pytest

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


async def test_tabs_are_listed_in_the_order_of_the_navigation(gateway: Gateway) -> None:
    listed = list(await tabs(gateway, "manager"))
    assert listed == ["customers", "services", "revenue"]


@pytest.mark.row("J19", "J25")
async def test_services_and_revenue_show_by_default_and_can_be_hidden(gateway: Gateway) -> None:
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
        "{ workspace { services { owned { totalCount } } revenue { board { pipeline { label } } } } services { totalCount } }",
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
        ({"pipelines": ["pipeline_0000000000000"]}, "pipelines"),
        ({"defaultPipeline": "nonsense"}, "defaultPipeline"),
    ],
)
async def test_a_reference_of_the_wrong_kind_is_refused(
    gateway: Gateway, settings: dict[str, Any], path: str
) -> None:
    workspace = await workspace_of(gateway, "super-admin")
    saved = await gateway.query(SAVE, {"workspace": workspace, "settings": settings}, persona="super-admin")
    (error,) = saved["servicesSettingsUpdate"]["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "settings", path])


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
    account, own = await workspace_of(gateway, "super-admin"), await workspace_of(gateway, "manager")
    assert account != own
    await gateway.query(
        SAVE, {"workspace": account, "settings": {"renewalProperty": "starts_on"}}, persona="super-admin"
    )
    read = "{ workspace { services { settings { renewalProperty } } } }"

    async def in_force(persona: str) -> str:
        data = await gateway.query(read, persona=persona)
        return str(data["workspace"]["services"]["settings"]["renewalProperty"])

    assert await in_force("manager") == "starts_on"
    await gateway.query(
        SAVE, {"workspace": own, "settings": {"renewalProperty": "target_end_on"}}, persona="manager"
    )
    assert (await in_force("manager"), await in_force("super-admin")) == ("target_end_on", "starts_on")
    await gateway.query(SAVE, {"workspace": own, "settings": {"renewalProperty": None}}, persona="manager")
    assert await in_force("manager") == "starts_on"


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
