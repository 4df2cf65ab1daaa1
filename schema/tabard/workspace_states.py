"""Workspace states: workspaces with what their tabs have stored, locked for a change."""

from __future__ import annotations

import sqlalchemy as sa

from tabard.naming import noun_of
from tabard.nouns.workspace import Workspace, is_active, may_see
from tabard.plans import enterprise_required
from tabard.reader import Columns
from tabard.records import tables
from tabard.records.viewers import stored_tabs, workspace_state, workspaces_with_tabs
from tabard.storage.ids import decode_global_id
from tabard.viewer import WorkspaceState
from tabard.work import Work, not_found

PATH = ["input", "workspace"]


async def workspace_of(work: Work, global_id: str) -> WorkspaceState:
    """The workspace that an input names; raises a fault where it is not there or cannot be changed."""
    decoded = decode_global_id(global_id)
    if decoded is None or decoded[0] != noun_of(Workspace):
        raise not_found(Workspace, PATH)
    workspace = tables.workspace.c
    await _lock(work, workspace.id == decoded[1])
    states = await _states(work, sa.or_(workspace.id == decoded[1], workspace.slot == 0))
    found = next((state for state in states if state.id == decoded[1]), None)
    if found is None or not may_see(work.viewer, found):
        raise not_found(Workspace, PATH)
    if not is_active(work.viewer, found):
        raise enterprise_required("Team workspaces", PATH)
    return found


async def every_workspace(work: Work) -> list[WorkspaceState]:
    """All workspaces of the account, the default one first."""
    await _lock(work)
    return await _states(work)


async def default_workspace(work: Work) -> WorkspaceState:
    """The default workspace, whose settings are the account's."""
    is_default = tables.workspace.c.slot == 0
    await _lock(work, is_default)
    (state,) = await _states(work, is_default)
    return state


async def _lock(work: Work, *where: sa.ColumnElement[bool]) -> None:
    # Always in the order of slots: two that lock several wait for each other, not in a circle.
    workspace = tables.workspace.c
    await work.fetch(sa.select(workspace.id).where(*where).order_by(workspace.slot).with_for_update())


async def _states(work: Work, *where: sa.ColumnElement[bool]) -> list[WorkspaceState]:
    statement = (
        sa.select(*stored_tabs())
        .select_from(workspaces_with_tabs())
        .where(*where)
        .order_by(tables.workspace.c.slot)
    )
    rows = await work.fetch(statement)
    names = [str(column.key) for column in statement.selected_columns]
    if not rows:
        return []
    return workspace_state(Columns(**dict(zip(names, zip(*rows, strict=True), strict=True))))
