"""Whose workspace it is: that of the primary team, else the default one; admins reach all of them."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.portals import change_plan
from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway

OWN = "{ workspace { id name isDefault } }"
BY_ID = """query ($id: ID!) { workspace(id: $id) { name description version isActive isDefault teams { name }
  tabs { key state settingsVersion settingsValues settingsSchema } } }"""
ALL = "{ workspaces { id name isDefault isActive teams { name } } }"


async def own(gateway: Gateway, persona: str = "csm") -> str:
    return str((await gateway.query(OWN, persona=persona))["workspace"]["name"])


async def write(gateway: Gateway, statement: Any) -> None:
    async with gateway.graph.database.writing(Scope(await gateway.portal_id())) as session:
        await session.execute(statement)


@pytest.mark.row("A8", "J10")
async def test_the_primary_team_decides_and_without_one_it_is_the_default(gateway: Gateway) -> None:
    _, user_id = await gateway.identity("csm")
    member, team = tables.team_member.c, tables.team.c
    assert await own(gateway) == "Onboarding"
    ((renewals,),) = await gateway.fetch(sa.select(team.id).where(team.name == "Renewals"))
    mine = sa.update(tables.team_member).where(member.user_id == user_id)
    await write(gateway, mine.values(team_id=renewals))
    assert await own(gateway) == "Renewals", "the team of the moment, from the next request on"
    await write(gateway, mine.values(is_primary=False))
    assert await own(gateway) == "Customer Success", "an extra team opens nothing"
    await write(gateway, mine.values(is_primary=True))
    assert await own(gateway) == "Renewals"
    await write(gateway, sa.delete(tables.team_member).where(member.user_id == user_id))
    assert await own(gateway) == "Customer Success", "nobody is left without a workspace"


@pytest.mark.row("A8", "J10", "J15")
async def test_when_the_team_leaves_the_workspace_or_is_deleted_its_members_get_the_default(
    gateway: Gateway,
) -> None:
    team, placed = tables.team.c, tables.workspace_team.c
    ((onboarding,),) = await gateway.fetch(sa.select(team.id).where(team.name == "Onboarding"))
    ((workspace,),) = await gateway.fetch(sa.select(placed.workspace_id).where(placed.team_id == onboarding))
    await write(gateway, sa.delete(tables.workspace_team).where(placed.team_id == onboarding))
    assert await own(gateway) == "Customer Success"
    row = {"team_id": onboarding, "workspace_id": workspace}
    await write(gateway, sa.insert(tables.workspace_team).values(**row))
    assert await own(gateway) == "Onboarding"
    await write(gateway, sa.delete(tables.team).where(team.id == onboarding))
    assert await own(gateway) == "Customer Success"


@pytest.mark.row("A8", "J7", "J30")
async def test_admins_list_all_workspaces_and_reach_each_by_id_and_others_only_their_own(
    gateway: Gateway,
) -> None:
    made = await gateway.query(
        'mutation { workspaceCreate(input: { name: "Nobody\'s yet" }) { workspace { id } } }',
        persona="manager",
    )
    teamless = made["workspaceCreate"]["workspace"]["id"]
    for persona in ("manager", "super-admin", "super-admin-no-seat"):
        shown = (await gateway.query(ALL, persona=persona))["workspaces"]
        assert [item["name"] for item in shown] == [
            "Customer Success",
            "Onboarding",
            "Renewals",
            "EMEA",
            "Nobody's yet",
        ]
        for item in shown:
            found = (await gateway.query(BY_ID, {"id": item["id"]}, persona=persona))["workspace"]
            assert (found["name"], found["teams"]) == (item["name"], item["teams"])
            assert all(tab["settingsSchema"] and tab["settingsValues"] for tab in found["tabs"])
            assert found["version"] == 1
    mine, listed = (
        (await gateway.query(OWN))["workspace"],
        (await gateway.query(ALL, persona="manager"))["workspaces"],
    )
    assert [item["id"] for item in (await gateway.query(ALL))["workspaces"]] == [mine["id"]]
    for id in (teamless, listed[0]["id"], listed[2]["id"], "workspace_0000000000001"):
        assert await gateway.query(BY_ID, {"id": id}) == {"workspace": None}
    assert (await gateway.query(BY_ID, {"id": mine["id"]}))["workspace"]["name"] == "Onboarding"


@pytest.mark.row("A1", "J1")
async def test_when_enterprise_is_lost_team_workspaces_rest_and_come_back_as_they_were(
    gateway: Gateway,
) -> None:
    before = (await gateway.query(ALL, persona="super-admin"))["workspaces"]
    settings = [await gateway.query(BY_ID, {"id": item["id"]}, persona="super-admin") for item in before]
    await change_plan(gateway.graph.database, "demo", "PROFESSIONAL")
    assert await own(gateway) == "Customer Success"
    resting = (await gateway.query(ALL, persona="super-admin"))["workspaces"]
    assert [item["isActive"] for item in resting] == [True, False, False, False]
    read = [await gateway.query(BY_ID, {"id": item["id"]}, persona="super-admin") for item in before]
    for now, then in zip(read, settings, strict=True):
        assert now["workspace"] | {"isActive": True} == then["workspace"], "the settings stay readable"
    await change_plan(gateway.graph.database, "demo", "ENTERPRISE")
    assert (await gateway.query(ALL, persona="super-admin"))["workspaces"] == before
    assert await own(gateway) == "Onboarding"
