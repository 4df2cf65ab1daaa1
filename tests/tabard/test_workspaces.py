"""Team workspaces: who sees which, what an admin may change, and what is refused."""

from typing import Any

import pytest
import sqlalchemy as sa

from tabard.records import journal, tables
from tabard.storage.ids import encode_global_id
from tabard.storage.scope import Scope
from tabard.testing import Gateway

ADMIN = "super-admin"
CREATE = """mutation ($name: String!, $description: String, $teams: [ID!]) {
  workspaceCreate(input: { name: $name, description: $description, teams: $teams }) {
    workspace { id name description isDefault version teams { id name } tabs { key state } }
    userErrors {
      code reason path message
      ... on LimitReachedError { limit current }
      ... on TeamTakenError { team { id name } workspace { id name } }
    }
  }
}"""
UPDATE = """mutation ($input: WorkspaceUpdateInput!) {
  workspaceUpdate(input: $input) {
    workspace { name description version teams { id } }
    userErrors { code reason path ... on StaleVersionError { currentVersion } ... on TeamTakenError { team { id } } }
  }
}"""
DELETE = """mutation ($workspace: ID!, $confirm: Boolean! = false) {
  workspaceDelete(input: { workspace: $workspace, confirmIrreversible: $confirm }) {
    deletedId
    userErrors { code reason path }
  }
}"""
OWN = "{ workspace { id name isDefault } }"


async def create(gateway: Gateway, name: str, persona: str = ADMIN, **variables: Any) -> Any:
    return (await gateway.query(CREATE, {"name": name, **variables}, persona=persona))["workspaceCreate"]


async def update(gateway: Gateway, **given: Any) -> Any:
    return (await gateway.query(UPDATE, {"input": given}, persona=ADMIN))["workspaceUpdate"]


async def own(gateway: Gateway, persona: str) -> Any:
    return (await gateway.query(OWN, persona=persona))["workspace"]


async def free_team(gateway: Gateway, name: str = "Spare") -> str:
    """A team that is in no workspace."""
    async with gateway.graph.database.writing(Scope(await gateway.portal_id())) as session:
        id = gateway.graph.new_id()
        await session.execute(
            sa.insert(tables.team), [{"id": id, "name": name, "name_folded": name.casefold()}]
        )
    return encode_global_id("team", id)


async def team_of(gateway: Gateway, persona: str) -> int:
    _, user_id = await gateway.identity(persona)
    member = tables.team_member.c
    rows = await gateway.fetch(
        sa.select(member.team_id).where(member.user_id == user_id, member.is_primary.is_(True))
    )
    return int(rows[0][0])


async def count(gateway: Gateway) -> int:
    return len(await gateway.fetch(sa.select(tables.workspace.c.id)))


@pytest.mark.row("J8", "J9", "J11", "J12")
async def test_an_admin_creates_a_workspace_with_name_description_and_teams(gateway: Gateway) -> None:
    team = await free_team(gateway)
    done = await create(gateway, "  Renewal   desk ", description="Renewals only", teams=[team])
    assert done["userErrors"] == []
    made = done["workspace"]
    assert (made["name"], made["description"], made["isDefault"], made["version"]) == (
        "Renewal desk",
        "Renewals only",
        False,
        1,
    )
    assert [item["id"] for item in made["teams"]] == [team]
    assert {tab["state"] for tab in made["tabs"]} == {"VISIBLE"}


@pytest.mark.row("J10")
async def test_only_the_primary_team_decides_which_workspace_a_user_sees(gateway: Gateway) -> None:
    team = await free_team(gateway)
    made = (await create(gateway, "Extra", teams=[team]))["workspace"]
    before = await own(gateway, "csm")
    portal_id, user_id = await gateway.identity("csm")
    async with gateway.graph.database.writing(Scope(portal_id)) as session:
        row = {"user_id": user_id, "team_id": int(_decoded(team)), "is_primary": False}
        await session.execute(sa.insert(tables.team_member), [row])
    assert await own(gateway, "csm") == before, "an extra team gives no access"
    assert (await gateway.query("query ($id: ID!) { workspace(id: $id) { name } }", {"id": made["id"]}))[
        "workspace"
    ] is None


def _decoded(global_id: str) -> int:
    from tabard.storage.ids import decode_global_id

    pair = decode_global_id(global_id)
    assert pair is not None
    return pair[1]


@pytest.mark.row("J5")
async def test_a_sixth_team_workspace_is_one_too_many(gateway: Gateway) -> None:
    there = await count(gateway) - 1
    for number in range(there, 5):
        assert (await create(gateway, f"Desk {number}"))["userErrors"] == []
    done = await create(gateway, "One too many")
    assert done["workspace"] is None
    (error,) = done["userErrors"]
    assert (error["code"], error["reason"], error["limit"], error["current"]) == (
        "LIMIT_REACHED",
        "workspace.limit",
        5,
        5,
    )
    assert await count(gateway) == 6


@pytest.mark.row("J6")
async def test_a_team_that_is_taken_is_refused_with_team_and_workspace(gateway: Gateway) -> None:
    taken = encode_global_id("team", await team_of(gateway, "manager"))
    theirs = await own(gateway, "manager")
    before = await count(gateway)
    done = await create(gateway, "Grabby", teams=[await free_team(gateway), taken])
    (error,) = done["userErrors"]
    assert (error["code"], error["reason"], error["path"]) == (
        "CONFLICT",
        "workspace.team_taken",
        ["input", "teams"],
    )
    assert (error["team"]["id"], error["workspace"]["id"]) == (taken, theirs["id"])
    assert await count(gateway) == before, "nothing is half written"


REFUSED_NAMES = [
    ("", "REQUIRED", "workspace.name_empty"),
    (" \t ", "REQUIRED", "workspace.name_empty"),
    ("x" * 101, "INVALID", "workspace.name_length"),
    ("CUSTOMER success", "CONFLICT", "workspace.name_taken"),
]


@pytest.mark.parametrize(("name", "code", "reason"), REFUSED_NAMES)
async def test_a_name_that_cannot_be_is_refused(gateway: Gateway, name: str, code: str, reason: str) -> None:
    before = await count(gateway)
    done = await create(gateway, name)
    (error,) = done["userErrors"]
    assert (error["code"], error["reason"], error["path"]) == (code, reason, ["input", "name"])
    renamed = await update(gateway, workspace=(await own(gateway, "manager"))["id"], name=name)
    assert [error["reason"] for error in renamed["userErrors"]] == [reason]
    assert await count(gateway) == before


async def test_a_name_of_a_hundred_characters_fits(gateway: Gateway) -> None:
    assert (await create(gateway, "ä" * 100))["userErrors"] == []
    done = await create(gateway, "Wordy", description="x" * 501)
    assert done["userErrors"][0]["reason"] == "workspace.description_length"


@pytest.mark.row("J13", "J14", "J15", "J31")
async def test_an_admin_renames_a_workspace_and_changes_its_teams(gateway: Gateway) -> None:
    workspace = (await own(gateway, "manager"))["id"]
    team, mine = await free_team(gateway), encode_global_id("team", await team_of(gateway, "manager"))
    done = await update(gateway, workspace=workspace, name="Renamed", description=None, teams=[mine, team])
    assert done["userErrors"] == []
    assert (done["workspace"]["name"], done["workspace"]["description"]) == ("Renamed", None)
    assert {item["id"] for item in done["workspace"]["teams"]} == {mine, team}
    version = done["workspace"]["version"]
    done = await update(gateway, workspace=workspace, teams=[team], ifVersion=version)
    assert [item["id"] for item in done["workspace"]["teams"]] == [team]
    assert (await own(gateway, "manager"))["isDefault"], "a team that was removed falls back to the default"
    same = await update(gateway, workspace=workspace, teams=[team])
    assert same["workspace"]["version"] == version + 1, "the same teams change nothing"
    stale = await update(gateway, workspace=workspace, name="Late", ifVersion=version)
    assert stale["userErrors"][0]["currentVersion"] == version + 1


@pytest.mark.row("J32")
async def test_deleting_asks_for_confirmation_and_frees_the_teams_at_once(gateway: Gateway) -> None:
    mine = await own(gateway, "manager")
    assert not mine["isDefault"]
    asked = (await gateway.query(DELETE, {"workspace": mine["id"]}, persona=ADMIN))["workspaceDelete"]
    assert asked["deletedId"] is None
    assert asked["userErrors"] == [
        {
            "code": "CONFIRMATION_REQUIRED",
            "reason": "workspace.delete",
            "path": ["input", "confirmIrreversible"],
        }
    ]
    assert await own(gateway, "manager") == mine
    variables = {"workspace": mine["id"], "confirm": True}
    done = (await gateway.query(DELETE, variables, persona=ADMIN))["workspaceDelete"]
    assert done == {"deletedId": mine["id"], "userErrors": []}
    assert (await own(gateway, "manager"))["isDefault"]
    entry = journal.audit_entry.c
    (kept,) = await gateway.fetch(sa.select(entry.changes).where(entry.action == "workspace.deleted"))
    assert kept[0] == {"name": [mine["name"], None]}
    again = (await gateway.query(DELETE, variables, persona=ADMIN))["workspaceDelete"]
    assert again["userErrors"][0]["code"] == "NOT_FOUND"


async def test_the_default_workspace_stays_and_takes_no_teams(gateway: Gateway) -> None:
    default = await own(gateway, ADMIN)
    assert default["isDefault"]
    refused = await gateway.query(DELETE, {"workspace": default["id"], "confirm": True}, persona=ADMIN)
    assert refused["workspaceDelete"]["userErrors"][0]["reason"] == "workspace.default"
    done = await update(gateway, workspace=default["id"], teams=[await free_team(gateway)])
    assert done["userErrors"][0]["reason"] == "workspace.default"


@pytest.mark.row("J4")
@pytest.mark.parametrize(
    ("persona", "reason"),
    [
        ("csm", "PERMISSION_REQUIRED"),
        ("outsider", "PERMISSION_REQUIRED"),
        ("csm-no-seat", "PERMISSION_REQUIRED"),
    ],
)
async def test_who_may_not_manage_settings_creates_no_workspace(
    gateway: Gateway, persona: str, reason: str
) -> None:
    before = await count(gateway)
    answer = await gateway.execute(CREATE, {"name": "Mine"}, persona=persona)
    assert answer.codes == ["FORBIDDEN"]
    assert (answer.errors[0].extensions or {})["reason"] == reason
    assert await count(gateway) == before


@pytest.mark.parametrize("persona", ["manager", ADMIN, "super-admin-no-seat"])
async def test_managers_and_super_admins_create_workspaces_seat_or_not(
    gateway: Gateway, persona: str
) -> None:
    assert (await create(gateway, "Theirs", persona=persona))["userErrors"] == []


async def test_a_professional_portal_has_no_team_workspaces(gateway: Gateway) -> None:
    answer = await gateway.query(CREATE, {"name": "Team"}, persona="other-portal-admin", portal="other")
    (error,) = answer["workspaceCreate"]["userErrors"]
    assert (error["code"], error["reason"]) == ("FORBIDDEN", "plan.enterprise_required")


async def test_another_portals_workspace_and_team_are_answered_like_none(gateway: Gateway) -> None:
    answers = []
    for workspace, team in (
        (await gateway.some_id("workspace", "other"), "team_0000000000001"),
        ("workspace_0000000000001", "team_0000000000002"),
        ("nonsense", "nonsense"),
    ):
        answers.append(
            [
                await update(gateway, workspace=workspace, name="Stolen"),
                (await gateway.query(DELETE, {"workspace": workspace, "confirm": True}, persona=ADMIN)),
                await create(gateway, "Team hunt", teams=[team]),
            ]
        )
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][2]["userErrors"][0]["path"] == ["input", "teams", "0"]
