"""The account's settings: set up once, edited later, all sections together; and features opted into."""

from typing import Any

import pytest

from tabard.testing import Gateway

READ = "{ accountSettings { isConfigured version workspace { name isDefault tabs { key } } } }"
SAVE = """mutation ($input: AccountSettingsUpdateInput!) {
  accountSettingsUpdate(input: $input) {
    workspace {
      customers { settings { csmProperty renewalProperty } }
      services { settings { renewalProperty } }
    }
    userErrors { code reason path ... on StaleVersionError { currentVersion } }
  }
}"""
FEATURE = """mutation ($feature: String!, $on: Boolean!) {
  portalFeatureSet(input: { feature: $feature, isOn: $on }) { portal { features } userErrors { code reason path } }
}"""
BETA = "customer_success_beta"


async def save(gateway: Gateway, **sections: Any) -> Any:
    return (await gateway.query(SAVE, {"input": sections}, persona="super-admin"))["accountSettingsUpdate"]


@pytest.mark.row("B1", "B3", "B4", "B5", "B6", "J17", "J18")
async def test_the_account_is_set_up_and_edited_by_one_mutation(gateway: Gateway) -> None:
    before = (await gateway.query(READ, persona="super-admin"))["accountSettings"]
    assert before["isConfigured"] is False
    assert before["workspace"]["isDefault"] is True
    done = await save(gateway, customers={"csmProperty": "owner", "renewalProperty": "renewal_on"})
    assert done["userErrors"] == []
    assert done["workspace"]["customers"]["settings"] == {
        "csmProperty": "owner",
        "renewalProperty": "renewal_on",
    }
    after = (await gateway.query(READ, persona="super-admin"))["accountSettings"]
    assert after["isConfigured"] is True
    assert {"customers", "services", "revenue"} <= {tab["key"] for tab in after["workspace"]["tabs"]}
    edited = await save(gateway, customers={"renewalProperty": None}, ifVersion=after["version"])
    assert edited["workspace"]["customers"]["settings"]["renewalProperty"] is None
    late = await save(gateway, customers={"csmProperty": None}, ifVersion=after["version"])
    (error,) = late["userErrors"]
    assert (error["code"], error["path"]) == ("STALE", ["input", "ifVersion"])
    now = (await gateway.query(READ, persona="super-admin"))["accountSettings"]["version"]
    assert error["currentVersion"] == now == after["version"] + 1


async def test_saving_the_dialog_unchanged_is_set_up_too_and_showing_a_tab_is_not(gateway: Gateway) -> None:
    read = "{ accountSettings { isConfigured version workspace { id } } }"
    before = (await gateway.query(read, persona="super-admin"))["accountSettings"]
    await gateway.query(
        """mutation ($workspace: ID!) { workspaceTabSetVisible(
          input: { workspace: $workspace, tab: "revenue", visible: true }) { userErrors { code } } }""",
        {"workspace": before["workspace"]["id"]},
        persona="super-admin",
    )
    assert (await gateway.query(read, persona="super-admin"))["accountSettings"] == before
    assert (await save(gateway))["userErrors"] == []
    after = (await gateway.query(read, persona="super-admin"))["accountSettings"]
    assert (before["isConfigured"], after["isConfigured"], after["version"]) == (False, True, 1)


async def test_the_default_workspaces_settings_are_the_accounts_whichever_mutation_saves_them(
    gateway: Gateway,
) -> None:
    own = (await gateway.query("{ workspace { id } }", persona="super-admin"))["workspace"]["id"]
    await save(gateway, services={"renewalProperty": "starts_on"})
    saved = await gateway.query(
        """mutation ($workspace: ID!) { servicesSettingsUpdate(
          input: { workspace: $workspace, settings: { renewalProperty: "target_end_on" } }
        ) { userErrors { code } } }""",
        {"workspace": own},
        persona="super-admin",
    )
    assert saved["servicesSettingsUpdate"]["userErrors"] == []
    read = "{ accountSettings { version workspace { services { settings { renewalProperty } } } } }"
    account = (await gateway.query(read, persona="super-admin"))["accountSettings"]
    assert account["version"] == 2
    assert account["workspace"]["services"]["settings"] == {"renewalProperty": "target_end_on"}


@pytest.mark.row("J12")
async def test_every_workspace_without_settings_of_its_own_follows_the_accounts(gateway: Gateway) -> None:
    await save(gateway, services={"renewalProperty": "target_end_on"})
    read = "{ workspace { isDefault services { settings { renewalProperty } } } }"
    shown = (await gateway.query(read))["workspace"]
    assert shown == {"isDefault": False, "services": {"settings": {"renewalProperty": "target_end_on"}}}


async def test_when_one_section_is_refused_none_is_saved(gateway: Gateway) -> None:
    done = await save(
        gateway, customers={"renewalProperty": "renewal_on"}, services={"renewalProperty": "owner"}
    )
    (error,) = done["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "services", "renewalProperty"])
    assert (await gateway.query(READ, persona="super-admin"))["accountSettings"]["isConfigured"] is False


@pytest.mark.row("B3", "B4")
@pytest.mark.parametrize("settings", [{"csmProperty": "name"}, {"renewalProperty": "owner"}])
async def test_a_property_of_the_wrong_kind_is_refused(gateway: Gateway, settings: dict[str, Any]) -> None:
    done = await save(gateway, customers=settings)
    assert done["userErrors"][0]["reason"] == "setting.property_kind"


async def test_who_may_not_manage_settings_neither_sees_nor_changes_the_accounts(gateway: Gateway) -> None:
    seen = await gateway.execute(READ)
    changed = await gateway.execute(SAVE, {"input": {"customers": {"csmProperty": "owner"}}})
    assert seen.data == {"accountSettings": None}
    assert changed.data == {"accountSettingsUpdate": None}
    assert seen.codes == changed.codes == ["FORBIDDEN"]


@pytest.mark.row("A7")
async def test_a_super_admin_opts_the_account_into_the_beta_and_out_again(gateway: Gateway) -> None:
    async def switch(on: bool) -> Any:
        done = await gateway.query(FEATURE, {"feature": BETA, "on": on}, persona="super-admin-no-seat")
        return done["portalFeatureSet"]

    for on in (True, True, False, False):
        assert (await switch(on))["portal"]["features"] == ([BETA] if on else [])
    other = await gateway.query(
        "{ viewer { portal { features } } }", persona="other-portal-admin", portal="other"
    )
    assert other["viewer"]["portal"]["features"] == []


async def test_only_super_admins_switch_features_and_only_those_there_are(gateway: Gateway) -> None:
    refused = await gateway.execute(FEATURE, {"feature": BETA, "on": True}, persona="manager")
    assert refused.codes == ["FORBIDDEN"]
    unknown = await gateway.query(FEATURE, {"feature": "time_travel", "on": True}, persona="super-admin")
    assert unknown["portalFeatureSet"]["userErrors"][0]["reason"] == "portal.feature"
