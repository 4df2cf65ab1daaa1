"""Workspace mutations: create, change and delete team workspaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from tabard.columns import fold
from tabard.core import core
from tabard.errors import Fault
from tabard.labels import label, prose
from tabard.naming import noun_of
from tabard.nouns.arguments import IfVersion, WorkspaceId
from tabard.nouns.node import Deleted
from tabard.nouns.people import Team
from tabard.nouns.workspace import Workspace, WorkspaceRead
from tabard.plans import enterprise_required
from tabard.policies import Permission
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.storage.ids import encode_global_id
from tabard.storage.keys import keys as keys_in
from tabard.user_errors import UserError, details
from tabard.work import Work, not_found

MAX_TEAM_WORKSPACES = 5
MAX_NAME, MAX_DESCRIPTION, MAX_TEAMS = 100, 500, 100
WORKSPACE, NAME, TEAMS = ["input", "workspace"], ["input", "name"], ["input", "teams"]
CALLED = strawberry.argument(
    description=f"The workspace's name, at most {MAX_NAME} characters; no other workspace of the portal has it."
)
ABOUT = strawberry.argument(description=f"What it is for, at most {MAX_DESCRIPTION} characters.")
MEMBERS = strawberry.argument(description="Global ids of its teams; a team can be in only one workspace.")
Confirmed = Annotated[
    bool, strawberry.argument(description="Has to be `true`: what is deleted does not come back.")
]


@details("workspace.team_taken")
@strawberry.type(description="A team is in another workspace; a team can be in only one.")
class TeamTakenError(UserError):
    team_id: strawberry.Private[int]
    workspace_id: strawberry.Private[int]


core.include(TeamTakenError)
core.one(TeamTakenError, "team", to=Team, key="team_id", description="The team that is taken.")
core.declare(
    TeamTakenError,
    "workspace",
    Workspace | None,
    WorkspaceRead("workspace_id"),
    "The workspace that has the team.",
)


@core.mutation(
    description="Creates a team workspace; a portal has at most five beside its default one.",
    policy=Permission.MANAGE_SETTINGS,
)
async def workspace_create(
    work: Work,
    name: Annotated[str, CALLED],
    description: Annotated[str | None, ABOUT] = None,
    teams: Annotated[list[strawberry.ID] | None, MEMBERS] = None,
) -> Workspace:
    _check_plan(work, ["input"])
    values = _named(name) | _described(description)
    team_ids = await _teams(work, teams or [])
    with work.refusing(tables.workspace, {"workspace_name_key": _name_taken()}):
        id = await _in_free_slot(work, values)
    await _assign(work, id, team_ids)
    write_entry(work, "workspace.created", "workspace", id, {"name": [None, values["name"]]})
    return id  # type: ignore[return-value]


@core.mutation(
    description="Changes name, description or teams of a workspace; `teams` is the whole new list.",
    policy=Permission.MANAGE_SETTINGS,
)
async def workspace_update(
    work: Work,
    workspace: WorkspaceId,
    name: Annotated[strawberry.Maybe[str], CALLED] = None,
    description: Annotated[strawberry.Maybe[str | None], ABOUT] = None,
    teams: Annotated[strawberry.Maybe[list[strawberry.ID]], MEMBERS] = None,
    if_version: IfVersion = None,
) -> Workspace:
    row = await _locked(work, workspace, if_version)
    if row["slot"] != 0:
        _check_plan(work, WORKSPACE)
    values = (_named(name.value) if name else {}) | (_described(description.value) if description else {})
    changes: dict[str, Any] = {
        key: [row[key], value] for key, value in values.items() if row[key] != value and key != "name_folded"
    }
    if teams is not None:
        changes |= await _replace_teams(work, row, teams.value)
    if changes:
        with work.refusing(tables.workspace, {"workspace_name_key": _name_taken()}):
            await work.update(
                tables.workspace,
                tables.workspace.c.id == row["id"],
                **values,
                version=row["version"] + 1,
                updated_at=work.now,
            )
        write_entry(work, "workspace.changed", "workspace", row["id"], changes)
    return row["id"]  # type: ignore[no-any-return]


@core.mutation(
    description="Deletes a team workspace for good; its teams use the default workspace from then on.",
    policy=Permission.MANAGE_SETTINGS,
)
async def workspace_delete(
    work: Work,
    workspace: WorkspaceId,
    confirm_irreversible: Confirmed = False,
    if_version: IfVersion = None,
) -> Deleted:
    row = await _locked(work, workspace, if_version)
    if row["slot"] == 0:
        raise Fault(
            "INVALID",
            "The default workspace stays; delete team workspaces only.",
            reason="workspace.default",
            path=["input", "workspace"],
        )
    _check_plan(work, WORKSPACE)
    if not confirm_irreversible:
        raise Fault(
            "CONFIRMATION_REQUIRED",
            "Deleting a workspace cannot be undone; send `confirmIrreversible: true` to do it.",
            reason="workspace.delete",
            path=["input", "confirmIrreversible"],
        )
    await work.delete(tables.workspace, tables.workspace.c.id == row["id"])
    write_entry(work, "workspace.deleted", "workspace", row["id"], {"name": [row["name"], None]})
    return Deleted(encode_global_id(noun_of(Workspace), row["id"]))


def _check_plan(work: Work, path: list[str]) -> None:
    if not work.viewer.plan.has_team_workspaces:
        raise enterprise_required("Team workspaces", path)


def _named(name: str) -> dict[str, Any]:
    name = label(name)
    if not name:
        raise Fault(
            "REQUIRED",
            "A workspace needs a name that can be seen; write one.",
            reason="workspace.name_empty",
            path=NAME,
        )
    if len(name) > MAX_NAME:
        raise Fault(
            "INVALID",
            f"The name has {len(name)} characters; at most {MAX_NAME} are allowed.",
            reason="workspace.name_length",
            path=NAME,
        )
    return {"name": name, "name_folded": fold(name)}


def _described(description: str | None) -> dict[str, Any]:
    text = prose(description or "") or None
    if text is not None and len(text) > MAX_DESCRIPTION:
        raise Fault(
            "INVALID",
            f"The description has {len(text)} characters; at most {MAX_DESCRIPTION} are allowed.",
            reason="workspace.description_length",
            path=["input", "description"],
        )
    return {"description": text}


def _name_taken() -> Fault:
    return Fault(
        "CONFLICT",
        "Another workspace has this name, whatever the case of its letters; choose another one.",
        reason="workspace.name_taken",
        path=NAME,
    )


async def _in_free_slot(work: Work, values: dict[str, Any]) -> int:
    """A workspace in the first free slot. The slots are the quota: who finds none is one too many."""
    for slot in range(1, MAX_TEAM_WORKSPACES + 1):
        id = work.new_id()
        row = {"id": id, "slot": slot, "version": 1, "created_at": work.now, "updated_at": work.now, **values}
        if await work.add(tables.workspace, unique=("slot",), **row):
            return id
    raise Fault(
        "LIMIT_REACHED",
        f"There are {MAX_TEAM_WORKSPACES} team workspaces already; delete one first.",
        reason="workspace.limit",
        path=["input"],
        limit=MAX_TEAM_WORKSPACES,
        current=MAX_TEAM_WORKSPACES,
    )


async def _teams(work: Work, given: Sequence[str], leaving: Iterable[int] = ()) -> list[int]:
    if len(given) > MAX_TEAMS:
        raise Fault(
            "INVALID", f"A workspace has at most {MAX_TEAMS} teams.", reason="workspace.teams", path=TEAMS
        )
    ids = [work.decode(Team, value, [*TEAMS, str(place)]) for place, value in enumerate(given)]
    there = await _locked_teams(work, [*ids, *leaving])
    for place, id in enumerate(ids):
        if id not in there:
            raise not_found(Team, [*TEAMS, str(place)])
    return sorted(set(ids))


async def _locked_teams(work: Work, ids: Sequence[int]) -> set[int]:
    """Those of the teams that are there, for this change alone until it ends.

    All are locked at once and in the order of ids, those that go as those that come: two that assign the
    same teams wait for each other, not in a circle.
    """
    team = tables.team.c
    statement = sa.select(team.id).where(keys_in(team.id, list(ids))).order_by(team.id)
    return {row[0] for row in await work.fetch(statement.with_for_update(key_share=True))}


async def _assign(work: Work, workspace_id: int, team_ids: Sequence[int]) -> None:
    for team_id in team_ids:
        if not await work.add(tables.workspace_team, team_id=team_id, workspace_id=workspace_id):
            raise await _team_taken(work, team_id)


async def _team_taken(work: Work, team_id: int) -> Fault:
    placed = tables.workspace_team.c
    rows = await work.fetch(sa.select(placed.workspace_id).where(placed.team_id == team_id))
    return Fault(
        "CONFLICT",
        "A team is in another workspace already, and can be in only one; take it out there first.",
        reason="workspace.team_taken",
        path=TEAMS,
        team_id=team_id,
        workspace_id=rows[0][0] if rows else 0,
    )


async def _replace_teams(work: Work, row: Mapping[str, Any], given: Sequence[str]) -> dict[str, Any]:
    if row["slot"] == 0:
        raise Fault(
            "INVALID",
            "The default workspace is everybody's whose team has no other; it takes no teams.",
            reason="workspace.default",
            path=TEAMS,
        )
    placed = tables.workspace_team.c
    rows = await work.fetch(sa.select(placed.team_id).where(placed.workspace_id == row["id"]))
    before = {item[0] for item in rows}
    wanted = set(await _teams(work, given, leaving=before))
    if wanted == before:
        return {}
    gone = sorted(before - wanted)
    if gone:
        await work.delete(
            tables.workspace_team, keys_in(placed.team_id, gone), placed.workspace_id == row["id"]
        )
    await _assign(work, row["id"], sorted(wanted - before))
    return {"teams": [_global_ids(before), _global_ids(wanted)]}


def _global_ids(team_ids: set[int]) -> list[str]:
    return [encode_global_id("team", id) for id in sorted(team_ids)]


async def _locked(work: Work, global_id: str, if_version: int | None) -> Mapping[str, Any]:
    id = work.decode(Workspace, global_id, WORKSPACE)
    return await work.locked(tables.workspace, id, if_version, WORKSPACE)
