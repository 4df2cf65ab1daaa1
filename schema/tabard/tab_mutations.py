"""Tab mutations: the switch that shows or hides a tab, and the saving of each tab's settings."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from tabard.contributions import MutationContribution
from tabard.core import core
from tabard.errors import Fault
from tabard.naming import noun_of
from tabard.nouns.arguments import IfVersion, WorkspaceId
from tabard.nouns.workspace import Workspace
from tabard.policies import Permission
from tabard.records.entries import write_entry
from tabard.section_changes import save_section, store_visibility
from tabard.tabs import TabRuntime
from tabard.viewer import StoredTab, WorkspaceState
from tabard.work import Work, stale
from tabard.workspace_states import workspace_of

TabKey = Annotated[str, strawberry.argument(description="Key of the tab, as `Workspace.tabs` lists it.")]
Visible = Annotated[bool, strawberry.argument(description="Whether the workspace is to show it.")]


@core.mutation(
    description="Shows or hides a tab in a workspace, for all its teams.",
    policy=Permission.MANAGE_SETTINGS,
    name="workspace_tab_set_visible",
)
async def set_visible(
    work: Work, workspace: WorkspaceId, tab: TabKey, visible: Visible, if_version: IfVersion = None
) -> Workspace:
    state = await workspace_of(work, workspace)
    runtime = _runtime(work, tab)
    if not runtime.tab.is_hideable:
        raise Fault(
            "INVALID",
            f"The tab '{tab}' is always shown; no workspace can hide it.",
            reason="tab.not_hideable",
            path=["input", "tab"],
        )
    stored = state.tabs.get(tab, StoredTab())
    _check_version(stored, if_version)
    if visible is not stored.is_visible:
        await store_visibility(work, state, tab, is_visible=visible)
        change = {f"{tab}.isVisible": [runtime.is_visible(state), visible]}
        write_entry(work, "tab.switched", noun_of(Workspace), state.id, change)
    return state.id  # type: ignore[return-value]


def settings_mutation(runtime: TabRuntime) -> MutationContribution:
    """The mutation `<tab>SettingsUpdate` of a tab with settings."""
    section, name = runtime.section, runtime.tab.name
    assert section is not None, "only tabs with settings have the mutation"

    async def save(
        work: Work, workspace: WorkspaceId, settings: Any, if_version: IfVersion = None
    ) -> Workspace:
        state = await workspace_of(work, workspace)
        require_shown(runtime, state, ["input", "workspace"])
        _check_version(state.tabs.get(name, StoredTab()), if_version)
        await save_section(work, runtime, state, settings, ["input", "settings"])
        return state.id  # type: ignore[return-value]

    save.__annotations__ = {
        "work": Work,
        "workspace": WorkspaceId,
        "settings": Annotated[section.patch, strawberry.argument(description="The settings to change.")],
        "if_version": IfVersion,
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


def require_shown(runtime: TabRuntime, state: WorkspaceState, path: list[str]) -> None:
    """Raises a fault where the workspace hides the tab: its settings can be changed once it is shown."""
    if not runtime.is_visible(state):
        raise Fault(
            "CONFLICT",
            f"The tab '{runtime.tab.name}' is hidden in this workspace; show it first.",
            reason="TAB_HIDDEN",
            path=path,
        )


def _runtime(work: Work, tab: str) -> TabRuntime:
    runtime = work.registry.tabs.get(tab)
    if runtime is None:
        raise Fault("NOT_FOUND", "There is no such tab; `Workspace.tabs` lists them.", path=["input", "tab"])
    return runtime


def _check_version(stored: StoredTab, if_version: int | None) -> None:
    if if_version is not None and if_version != stored.version:
        raise stale(stored.version)
