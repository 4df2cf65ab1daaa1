"""Workspace: what a team sees; its tabs come from plugins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from tabard.core import core
from tabard.naming import noun_of
from tabard.nouns.node import Node
from tabard.nouns.people import Team
from tabard.policies import Permission
from tabard.reads.level import Level
from tabard.reads.related import Via
from tabard.records import tables
from tabard.records.viewers import stored_tabs, workspace_state, workspaces_with_tabs
from tabard.storage.ids import decode_global_id
from tabard.storage.keys import keys as keys_in
from tabard.tabs import TabInfo
from tabard.viewer import Viewer, WorkspaceState


@strawberry.type(description="The tabs a team works with. A user sees the workspace of the primary team.")
class Workspace(Node):
    state: strawberry.Private[WorkspaceState]
    name: str = strawberry.field(description="The workspace's name, unique in the portal.")
    description: str | None = strawberry.field(description="What the workspace is for.")
    is_default: bool = strawberry.field(
        description="Whether it is the account's own, for everyone whose primary team has no other."
    )
    is_active: bool = strawberry.field(
        description="Whether its teams get it; false for a team workspace where the plan has none any more."
    )
    version: int = strawberry.field(
        description="Grows with each change; send it as `ifVersion` with an update."
    )


def shown(viewer: Viewer, state: WorkspaceState) -> Workspace:
    """The workspace as the graph shows it."""
    return Workspace(
        id=state.id,
        state=state,
        name=state.name,
        description=state.description,
        is_default=state.is_default,
        is_active=is_active(viewer, state),
        version=state.version,
    )


def is_active(viewer: Viewer, state: WorkspaceState) -> bool:
    """Whether the plan lets the workspace be used and changed."""
    return state.is_default or viewer.plan.has_team_workspaces


def may_see(viewer: Viewer, state: WorkspaceState) -> bool:
    """Members see their own workspace; who may change settings sees all."""
    own = viewer.workspace
    return (own is not None and own.id == state.id) or Permission.MANAGE_SETTINGS.denial(viewer) is None


async def read_workspaces(level: Level, ids: Sequence[int] | None = None) -> list[Workspace]:
    """The workspaces with these ids, or all, that the viewer may see; the default one first."""
    workspace = tables.workspace
    statement = sa.select(*stored_tabs()).select_from(workspaces_with_tabs())
    if ids is not None:
        # The default workspace comes along: the others inherit its settings.
        statement = statement.where(sa.or_(keys_in(workspace.c.id, list(ids)), workspace.c.slot == 0))
    found = await level.context.reader.fetch(statement.order_by(workspace.c.slot))
    states = workspace_state(found)
    wanted = [state for state in states if ids is None or state.id in ids]
    viewer = level.context.viewer
    return [shown(viewer, state) for state in wanted if may_see(viewer, state)]


@dataclass(frozen=True)
class WorkspaceRead:
    """Workspaces by id, with their tabs' stored settings; the viewer's own costs no statement."""

    key: str | None = "workspace_id"

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        read = await read_workspaces(level, [key for key in keys if isinstance(key, int)])
        by_id = {workspace.id: workspace for workspace in read}
        return [by_id.get(key) for key in keys]

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class ViewersWorkspaceRead:
    """`Query.workspace`: without id the viewer's own, as read with the viewer."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        viewer = level.context.viewer
        own = viewer.workspace
        given = level.args.get("id")
        if given is None:
            return [shown(viewer, own) if own else None] * len(keys)
        decoded = decode_global_id(given)
        if decoded is None or decoded[0] != noun_of(Workspace):
            return [None] * len(keys)
        if own is not None and own.id == decoded[1]:
            return [shown(viewer, own)] * len(keys)
        found = await read_workspaces(level, [decoded[1]])
        return [found[0] if found else None] * len(keys)

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class AllWorkspacesRead:
    """`Query.workspaces`."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        return [await read_workspaces(level)] * len(keys)

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class TabsRead:
    """`Workspace.tabs`: computed from what the workspace brought, without a statement."""

    key: str | None = "state"

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        return [
            [tab.info(state, context.viewer) for tab in context.graph.registry.tabs.values()]
            for state in keys
        ]

    def child(self) -> type | None:
        return None


core.many(
    Workspace,
    "teams",
    to=Team,
    via=Via(tables.workspace_team, "workspace_id", "team_id"),
    order="name",
    description="The teams that use the workspace; empty for the default one.",
)
core.declare(
    Workspace,
    "tabs",
    list[TabInfo] | None,
    TabsRead(),
    "All tabs in the order of the navigation, hidden ones too.",
)
core.declare(
    "Query",
    "workspace",
    Workspace | None,
    ViewersWorkspaceRead(),
    "A workspace by id, or the viewer's own: that of the primary team, else the account's default.",
    id=Annotated[strawberry.ID | None, strawberry.argument(description="Global id of a workspace.")],
)
core.declare(
    "Query",
    "workspaces",
    list[Workspace] | None,
    AllWorkspacesRead(),
    "The workspaces that the viewer may see.",
)
