"""The permission matrix, by hand and through the front door: who may do what, with and without a seat."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.portals import change_plan
from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway

pytestmark = pytest.mark.promise("P3")

MANAGER_NO_SEAT = "manager-no-seat"
# The columns: permission and seat; also Manage Settings; super admin with a seat; without one; and those
# whom the matrix leaves out: the permission without a seat, both permissions without one, no permission.
WHO = ("csm", "manager", "super-admin", "super-admin-no-seat", "csm-no-seat", MANAGER_NO_SEAT, "outsider")
OK, SEAT, PERMISSION = None, "SEAT_REQUIRED", "PERMISSION_REQUIRED"
TABS = {
    "Customers tab": "{ workspace { customers { owned { totalCount } } } }",
    "Services tab": "{ workspace { services { owned { totalCount } } } }",
    "Revenue tab": "{ workspace { revenue { board { pipeline { label } } } } }",
}
SETTINGS = {
    "read general settings": "{ accountSettings { version } }",
    "general settings": 'mutation { accountSettingsUpdate(input: {customers: {csmProperty: "owner"}}) '
    "{ workspace { id } userErrors { message } } }",
    "create a team workspace": 'mutation { workspaceCreate(input: {name: "Extra"}) '
    "{ workspace { id } userErrors { message } } }",
    "edit a team workspace": 'mutation ($id: ID!) { workspaceUpdate(input: {workspace: $id, name: "Named"}) '
    "{ workspace { id } userErrors { message } } }",
    "show and hide a tab": "mutation ($id: ID!) { workspaceTabSetVisible(input: "
    '{workspace: $id, tab: "services", visible: true}) { workspace { id } userErrors { message } } }',
    "settings of a team workspace": "mutation ($id: ID!) { revenueSettingsUpdate(input: "
    "{workspace: $id, settings: {}}) { workspace { id } userErrors { message } } }",
    "what another account object would do": '{ accountObjectChange(objectType: "company") { objectType } }',
    "delete a team workspace": "mutation ($id: ID!) { workspaceDelete(input: "
    "{workspace: $id, confirmIrreversible: true}) { deletedId userErrors { message } } }",
}
FREE = (PERMISSION, OK, OK, OK, PERMISSION, SEAT, PERMISSION)
MATRIX = dict.fromkeys(TABS, (OK, OK, OK, SEAT, SEAT, SEAT, PERMISSION)) | dict.fromkeys(SETTINGS, FREE)
# With the account's own, stricter rule.
STRICT = dict.fromkeys(SETTINGS, (PERMISSION, OK, OK, SEAT, PERMISSION, SEAT, PERMISSION))
FEATURE = """mutation ($on: Boolean!) { portalFeatureSet(input: {feature: "settings_require_seat", isOn: $on}) {
  portal { features } userErrors { message } } }"""


async def seatless_manager(gateway: Gateway) -> None:
    """Takes the seat from a second manager, made of a colleague."""
    user = tables.user.c
    portal_id = await gateway.portal_id()
    rows = await gateway.fetch(sa.select(user.id).where(user.persona.is_(None)).limit(1))
    async with gateway.graph.database.writing(Scope(portal_id)) as session:
        changed = sa.update(tables.user).where(user.id == rows[0][0])
        await session.execute(changed.values(persona=MANAGER_NO_SEAT, has_seat=False))
        permission = {"user_id": rows[0][0], "permission": "MANAGE_CUSTOMER_SUCCESS_SETTINGS"}
        await session.execute(sa.insert(tables.user_permission), [permission])


async def team_workspace(gateway: Gateway, name: str) -> str:
    made = await gateway.query(
        "mutation ($name: String!) { workspaceCreate(input: {name: $name}) { workspace { id } } }",
        {"name": name},
        persona="super-admin",
    )
    return str(made["workspaceCreate"]["workspace"]["id"])


async def reasons(gateway: Gateway, documents: dict[str, str]) -> dict[str, tuple[str | None, ...]]:
    """Why each document is refused to each of them; None where it is done."""
    found: dict[str, list[str | None]] = {name: [] for name in documents}
    for who in WHO:
        workspace = await team_workspace(gateway, f"For {who}")
        for name, document in documents.items():
            variables = {"id": workspace} if "$id" in document else {}
            found[name].append(_reason(await gateway.execute(document, variables, persona=who), name))
        await _emptied(gateway)
    return {name: tuple(items) for name, items in found.items()}


def _reason(answer: Any, name: str) -> str | None:
    if not answer.errors:
        (payload,) = answer.data.values()
        assert payload is not None, name
        assert payload.get("userErrors", []) == [], name
        return None
    (error,) = answer.errors
    assert answer.codes == ["FORBIDDEN"], name
    return str((error.extensions or {}).get("reason") or error.original_error.reason)


async def _emptied(gateway: Gateway) -> None:
    """Takes away the workspaces that were made, so that the quota is never in the way."""
    workspace = tables.workspace.c
    async with gateway.graph.database.writing(Scope(await gateway.portal_id())) as session:
        await session.execute(sa.delete(tables.workspace).where(workspace.slot > 3))


@pytest.mark.row("A3", "A4", "J4")
async def test_the_matrix_holds_for_everybody(gateway: Gateway) -> None:
    await seatless_manager(gateway)
    assert await reasons(gateway, TABS | SETTINGS) == MATRIX


@pytest.mark.row("A4", "J4")
async def test_an_account_can_ask_super_admins_for_a_seat_too(gateway: Gateway) -> None:
    await seatless_manager(gateway)
    read = "{ accountSettings { isSeatRequired } workspaces { isDefault } }"
    free = await gateway.query(read, persona="super-admin-no-seat")
    assert free["accountSettings"] == {"isSeatRequired": False}, "by default they need none"
    for is_on, expected in ((True, STRICT), (False, {name: MATRIX[name] for name in SETTINGS})):
        switched = await gateway.query(FEATURE, {"on": is_on}, persona="super-admin-no-seat")
        assert switched["portalFeatureSet"]["userErrors"] == []
        assert await reasons(gateway, SETTINGS) == expected
        seen = await gateway.query("{ workspaces { isDefault } }", persona="super-admin-no-seat")
        assert len(seen["workspaces"]) == (1 if is_on else len(free["workspaces"]))


PORTAL = "{ viewer { name portal { plan } } }"
WORKSPACE = "{ workspace { name tabs { key state reason } customers { owned { totalCount } } } }"


@pytest.mark.row("A1")
async def test_the_workspace_opens_only_on_professional_and_enterprise(gateway: Gateway) -> None:
    everything = TABS | {"read general settings": SETTINGS["read general settings"]}
    stored = (tables.workspace, tables.tab_setting, tables.workspace_team)

    async def kept() -> list[Any]:
        return [await gateway.fetch(sa.select(*table.c)) for table in stored]

    before = await kept()
    await change_plan(gateway.graph.database, "demo", "STARTER")
    for who in ("csm", "super-admin", "super-admin-no-seat", "outsider"):
        for name, document in (everything | {"records": "{ companies { totalCount } }"}).items():
            assert _reason(await gateway.execute(document, persona=who), name) == "PLAN_REQUIRED", (who, name)
    portal = await gateway.query(PORTAL)
    assert portal["viewer"] == {"name": "Dario Conti", "portal": {"plan": "STARTER"}}
    assert await kept() == before, "nothing is deleted"
    for plan, workspace in (("PROFESSIONAL", "Customer Success"), ("ENTERPRISE", "Onboarding")):
        await change_plan(gateway.graph.database, "demo", plan)
        opened = (await gateway.query(WORKSPACE))["workspace"]
        assert opened["name"] == workspace
        assert opened["customers"]["owned"]["totalCount"] > 0
