"""P17: quotas are constraints, so they hold when everybody comes at once."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import Plugin
from tabard.records import tables
from tabard.storage.ids import encode_global_id
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.testing import Gateway
from tests.promises.support.traces import row_id

pytestmark = [pytest.mark.promise("P17"), pytest.mark.row("J5", "J6")]

# `TABARD_ROUNDS=20` is the long form.
ROUNDS = int(os.environ.get("TABARD_ROUNDS", "3"))
AT_ONCE = 50
CREATE = """mutation ($name: String!, $teams: [ID!]) {
  workspaceCreate(input: { name: $name, teams: $teams }) {
    workspace { id }
    userErrors { __typename code reason }
  }
}"""
ASSIGN = """mutation ($workspace: ID!, $teams: [ID!]!) {
  workspaceUpdate(input: { workspace: $workspace, teams: $teams }) {
    workspace { id }
    userErrors { __typename }
  }
}"""
RENAME = """mutation ($workspace: ID!, $name: String!) {
  workspaceUpdate(input: { workspace: $workspace, name: $name }) { workspace { id } userErrors { reason } }
}"""


@pytest.fixture
async def busy(demo_url: str, plugins: Sequence[Plugin]) -> AsyncIterator[Gateway]:
    """A gateway whose callers wait for a connection as long as it takes."""
    async with Gateway.on(
        demo_url, *plugins, options=StorageOptions(pool_wait=60, pool_size=8, connect_timeout=60)
    ) as gateway:
        yield gateway


async def emptied(gateway: Gateway) -> Scope:
    """The portal without team workspaces, and with fifty spare teams."""
    scope = Scope(await gateway.portal_id())
    async with gateway.graph.database.writing(scope) as session:
        await session.execute(sa.delete(tables.workspace).where(tables.workspace.c.slot > 0))
    return scope


async def spare_teams(gateway: Gateway, scope: Scope, count: int) -> list[str]:
    ids = [gateway.graph.new_id() for _ in range(count)]
    rows = [{"id": id, "name": f"Spare {id}", "name_folded": f"spare {id}"} for id in ids]
    async with gateway.graph.database.writing(scope) as session:
        await session.execute(sa.insert(tables.team), rows)
    return [encode_global_id("team", id) for id in ids]


async def answered(gateway: Gateway, document: str, variables: Mapping[str, Any]) -> Any:
    """The data of an answer; a server that is too busy is asked again, as clients do."""
    while True:
        answer = await gateway.execute(document, variables, persona="super-admin")
        if answer.codes != ["UNAVAILABLE"]:
            assert answer.errors == []
            return answer.data


async def create(gateway: Gateway, name: str, teams: list[str] | None = None) -> Any:
    return (await answered(gateway, CREATE, {"name": name, "teams": teams}))["workspaceCreate"]


async def team_workspaces(gateway: Gateway) -> list[tuple[Any, ...]]:
    workspace = tables.workspace.c
    return await gateway.fetch(sa.select(workspace.slot, workspace.name_folded).where(workspace.slot > 0))


async def test_fifty_at_once_make_exactly_five_workspaces(busy: Gateway) -> None:
    for number in range(ROUNDS):
        await emptied(busy)
        answers = await asyncio.gather(*(create(busy, f"Desk {number} {place}") for place in range(AT_ONCE)))
        outcomes = Counter(
            "made" if answer["workspace"] else answer["userErrors"][0]["__typename"] for answer in answers
        )
        assert outcomes == {"made": 5, "LimitReachedError": AT_ONCE - 5}
        assert sorted(slot for slot, _ in await team_workspaces(busy)) == [1, 2, 3, 4, 5]


async def test_a_team_that_fifty_want_at_once_is_in_one_workspace(busy: Gateway) -> None:
    scope = await emptied(busy)
    (team,) = await spare_teams(busy, scope, 1)
    for number in range(ROUNDS):
        await emptied(busy)
        names = [f"Team {number} {place}" for place in range(AT_ONCE)]
        answers = await asyncio.gather(*(create(busy, name, [team]) for name in names))
        outcomes = Counter(
            "made" if answer["workspace"] else answer["userErrors"][0]["__typename"] for answer in answers
        )
        assert outcomes == {"made": 1, "TeamTakenError": AT_ONCE - 1}
        assert len(await team_workspaces(busy)) == 1


async def test_a_team_that_all_workspaces_want_at_once_goes_to_one(busy: Gateway) -> None:
    scope = await emptied(busy)
    made = [(await create(busy, f"Desk {place}"))["workspace"]["id"] for place in range(5)]
    for team in await spare_teams(busy, scope, ROUNDS):
        wanted = [{"workspace": made[place % 5], "teams": [team]} for place in range(AT_ONCE)]
        answers = await asyncio.gather(*(answered(busy, ASSIGN, item) for item in wanted))
        given = [answer["workspaceUpdate"] for answer in answers]
        winners = {item["workspace"]["id"] for item in given if item["workspace"]}
        losers = [error["__typename"] for item in given for error in item["userErrors"]]
        assert len(winners) == 1
        assert losers == ["TeamTakenError"] * (AT_ONCE * 4 // 5)
        member = tables.workspace_team.c
        rows = sa.select(member.workspace_id).where(member.team_id == row_id(team))
        assert len(await busy.fetch(rows)) == 1


async def test_a_name_that_all_want_at_once_is_one_workspaces(busy: Gateway) -> None:
    await emptied(busy)
    made = [(await create(busy, f"Desk {place}"))["workspace"]["id"] for place in range(5)]
    for number in range(ROUNDS):
        wanted = [{"workspace": made[place % 5], "name": f"Renamed {number}"} for place in range(AT_ONCE)]
        answers = await asyncio.gather(*(answered(busy, RENAME, item) for item in wanted))
        winners = {
            item["workspaceUpdate"]["workspace"]["id"]
            for item in answers
            if item["workspaceUpdate"]["workspace"]
        }
        losers = [
            item["workspaceUpdate"]["userErrors"]
            for item in answers
            if not item["workspaceUpdate"]["workspace"]
        ]
        assert len(winners) == 1
        assert {error["reason"] for errors in losers for error in errors} == {"workspace.name_taken"}
        names = [name for _, name in await team_workspaces(busy)]
        assert names.count(f"renamed {number}") == 1
