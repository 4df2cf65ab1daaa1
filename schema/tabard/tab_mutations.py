"""Tab mutations: the switch that shows or hides a tab, and the saving of each tab's settings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
import strawberry

from tabard.contributions import MutationContribution
from tabard.core import core
from tabard.errors import Fault
from tabard.naming import camel, noun_of
from tabard.nouns.workspace import Workspace, may_see
from tabard.policies import Permission
from tabard.reader import Columns
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.records.viewers import stored_tabs, workspace_state
from tabard.reference_checks import check_references
from tabard.storage.ids import decode_global_id
from tabard.tabs import TabRuntime
from tabard.viewer import StoredTab, WorkspaceState
from tabard.work import Work, not_found, stale


@core.mutation(
    description="Shows or hides a tab in a workspace, for all its teams.",
    policy=Permission.MANAGE_SETTINGS,
    name="workspace_tab_set_visible",
)
async def set_visible(
    work: Work, workspace: strawberry.ID, tab: str, visible: bool, if_version: int | None = None
) -> Workspace:
    state = await workspace_of(work, workspace)
    runtime = _runtime(work, tab)
    if not runtime.tab.is_hideable:
        raise Fault(
            "INVALID", f"The tab '{tab}' is always shown.", reason="tab.not_hideable", path=["input", "tab"]
        )
    stored = state.tabs.get(tab, StoredTab())
    _check_version(stored, if_version)
    if visible is not stored.is_visible:
        await _store(work, state, tab, StoredTab(visible, stored.values, stored.version + 1))
        change = {f"{tab}.isVisible": [runtime.is_visible(state), visible]}
        await write_entry(work, "tab.switched", noun_of(Workspace), state.id, change)
    return state.id  # type: ignore[return-value]


def settings_mutation(runtime: TabRuntime) -> MutationContribution:
    """The mutation `<tab>SettingsUpdate` of a tab with settings."""
    section, name = runtime.section, runtime.tab.name
    assert section is not None, "only tabs with settings have the mutation"

    async def save(
        work: Work, workspace: strawberry.ID, settings: Any, if_version: int | None = None
    ) -> Workspace:
        state = await workspace_of(work, workspace)
        if not runtime.is_visible(state):
            raise Fault(
                "CONFLICT",
                f"The tab '{name}' is hidden in this workspace; show it first.",
                reason="TAB_HIDDEN",
                path=["input", "workspace"],
            )
        _check_version(state.tabs.get(name, StoredTab()), if_version)
        await save_section(work, runtime, state, settings)
        return state.id  # type: ignore[return-value]

    save.__annotations__ = {
        "work": Work,
        "workspace": strawberry.ID,
        "settings": section.patch,
        "if_version": int | None,
        "return": Workspace,
    }
    save.__module__ = section.type.__module__
    return MutationContribution(
        core.name,
        f"{name}_settings_update",
        save,
        f"Changes the settings of the {runtime.tab.title} tab in a workspace.",
        Permission.MANAGE_SETTINGS,
    )


async def save_section(work: Work, runtime: TabRuntime, state: WorkspaceState, patch: Any) -> None:
    """Saves a patch of a tab's settings in a workspace, with its audit entry; raises a fault, nothing written."""
    section, name = runtime.section, runtime.tab.name
    assert section is not None, "only tabs with settings are saved"
    stored = state.tabs.get(name, StoredTab())
    inherited = state.account_tabs.get(name, StoredTab()).values
    values = section.changed(stored.values, inherited, patch)
    await check_references(work, section, values)
    if values != stored.values or stored.version == 0:
        await _store(work, state, name, StoredTab(stored.is_visible, values, stored.version + 1))
        changes = _changes(name, stored.values, values)
        await write_entry(work, "tab.configured", noun_of(Workspace), state.id, changes)


def _changes(tab: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {f"{tab}.{camel(name)}": [before.get(name), after.get(name)] for name in names}


async def workspace_of(work: Work, global_id: str) -> WorkspaceState:
    """The workspace with its tabs' settings, locked for the change; raises a NOT_FOUND fault."""
    decoded = decode_global_id(global_id)
    path = ["input", "workspace"]
    if decoded is None or decoded[0] != noun_of(Workspace):
        raise not_found(Workspace, path)
    workspace = tables.workspace
    await work.fetch(sa.select(workspace.c.id).where(workspace.c.id == decoded[1]).with_for_update())
    statement = (
        sa.select(*stored_tabs())
        .select_from(
            workspace.outerjoin(tables.tab_setting, tables.tab_setting.c.workspace_id == workspace.c.id)
        )
        .where(sa.or_(workspace.c.id == decoded[1], workspace.c.slot == 0))
    )
    rows = await work.fetch(statement)
    names = [str(column.key) for column in statement.selected_columns]
    states = (
        workspace_state(Columns(**dict(zip(names, zip(*rows, strict=True), strict=True)))) if rows else []
    )
    found = [state for state in states if state.id == decoded[1] and may_see(work.viewer, state)]
    if not found:
        raise not_found(Workspace, path)
    return found[0]


def _runtime(work: Work, tab: str) -> TabRuntime:
    runtime = work.registry.tabs.get(tab)
    if runtime is None:
        raise Fault("NOT_FOUND", "There is no such tab; `Workspace.tabs` lists them.", path=["input", "tab"])
    return runtime


def _check_version(stored: StoredTab, if_version: int | None) -> None:
    if if_version is not None and if_version != stored.version:
        raise stale(stored.version)


async def _store(work: Work, state: WorkspaceState, tab: str, new: StoredTab) -> None:
    await work.put(
        tables.tab_setting,
        workspace_id=state.id,
        tab=tab,
        is_visible=new.is_visible,
        setting_values=new.values,
        version=new.version,
    )
