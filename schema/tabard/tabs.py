"""Tabs at run time: the state of each tab in a workspace, and its root object."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import strawberry

from tabard.naming import camel
from tabard.policies import Permission
from tabard.reads.level import Level
from tabard.scalars import JSON
from tabard.settings import Section, Settings, is_section
from tabard.subject import Subject
from tabard.viewer import StoredTab, Viewer, WorkspaceState

if TYPE_CHECKING:
    from tabard.tab import Tab


@strawberry.enum(description="Whether a tab shows for the viewer.")
class TabState(enum.Enum):
    VISIBLE = strawberry.enum_value("VISIBLE", description="The tab answers.")
    HIDDEN = strawberry.enum_value(
        "HIDDEN", description="An admin hides the tab in this workspace; its field is null."
    )
    FORBIDDEN = strawberry.enum_value(
        "FORBIDDEN", description="The viewer may not use the tab; `reason` says why."
    )


@strawberry.type(description="A tab of a workspace, for navigation and for its settings form.")
class TabInfo:
    runtime: strawberry.Private[Any]
    workspace: strawberry.Private[WorkspaceState]
    key: str = strawberry.field(description="Stable key; also the tab's field on Workspace.")
    label: str = strawberry.field(description="The tab's name.")
    aliases: list[str] = strawberry.field(description="Former keys of the tab.")
    position: int = strawberry.field(description="Its place in the navigation, smallest first.")
    state: TabState = strawberry.field(description="Whether it shows for the viewer.")
    reason: str | None = strawberry.field(description="Why it is forbidden, e.g. `SEAT_REQUIRED`; else null.")
    is_hideable: bool = strawberry.field(description="Whether an admin can hide it.")
    settings_issues: list[str] = strawberry.field(
        description="Stored settings that no longer apply; the defaults are used instead."
    )
    settings_version: int = strawberry.field(
        description="Send it as `ifVersion` when saving the tab's settings."
    )
    settings_values: JSON | None = strawberry.field(
        description="The settings in force, as in the schema; null without settings, or when not for the viewer."
    )
    settings_own: list[str] = strawberry.field(
        description="Names of the settings that the workspace has set itself; the others are inherited."
    )
    settings_schema: JSON | None = strawberry.field(
        description="JSON Schema of the settings, to draw a form from; null for a tab without settings."
    )


@dataclass(frozen=True)
class TabRuntime:
    """A tab with what is derived from it once."""

    tab: Tab

    @cached_property
    def section(self) -> Section | None:
        settings = self.tab.settings
        return Section(settings, self.tab.name) if settings is not None and is_section(settings) else None

    @cached_property
    def json_schema(self) -> dict[str, Any] | None:
        return self.section.json_schema() if self.section else None

    def is_visible(self, workspace: WorkspaceState) -> bool:
        """Whether the workspace shows the tab; null inherits, then the tab's own default applies."""
        if not self.tab.is_hideable:
            return True
        for stored in (workspace.tabs, workspace.account_tabs):
            shown = stored.get(self.tab.name, StoredTab()).is_visible
            if shown is not None:
                return shown
        return self.tab.is_shown_by_default

    def settings(self, workspace: WorkspaceState) -> tuple[Settings | None, list[str]]:
        """The settings in force in the workspace, and what had to be ignored."""
        if self.section is None:
            return None, []
        layers = (workspace.account_tabs, workspace.tabs)
        return self.section.resolve(*(layer.get(self.tab.name, StoredTab()).values for layer in layers))

    def info(self, workspace: WorkspaceState, viewer: Viewer) -> TabInfo:
        policy = self.tab.policy
        reason = policy.denial(viewer) if policy else None
        state = TabState.VISIBLE if self.is_visible(workspace) else TabState.HIDDEN
        settings, issues = self.settings(workspace)
        own = workspace.tabs.get(self.tab.name, StoredTab())
        return TabInfo(
            runtime=self,
            workspace=workspace,
            key=self.tab.name,
            label=self.tab.title,
            aliases=list(self.tab.aliases),
            position=self.tab.position,
            state=TabState.FORBIDDEN if reason else state,
            reason=reason,
            is_hideable=self.tab.is_hideable,
            settings_issues=issues,
            settings_version=own.version,
            settings_values=self._values(settings, viewer),
            settings_own=[camel(name) for name in own.values],
            settings_schema=JSON(self.json_schema) if self.json_schema else None,
        )

    def _values(self, settings: Settings | None, viewer: Viewer) -> JSON | None:
        """The settings for whoever uses the tab or changes its settings."""
        policies = [self.tab.policy, Permission.MANAGE_SETTINGS]
        if settings is None or self.section is None or all(item.denial(viewer) for item in policies if item):
            return None
        return JSON(self.section.as_sent(settings))

    def root(self, workspace: WorkspaceState, viewer: Viewer) -> Any:
        """The tab's root object, or None when it is hidden."""
        if not self.is_visible(workspace):
            return None
        values: dict[str, Any] = {"subject": Subject.of(viewer, workspace.account_object)}
        settings, _ = self.settings(workspace)
        if settings is not None:
            values["settings"] = settings
        return self.tab.root(**values)


@dataclass(frozen=True)
class TabRead:
    """The read behind a tab's field on Workspace; the workspace brought all it needs."""

    runtime: TabRuntime
    key: str | None = "state"

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        return [self.runtime.root(workspace, level.context.viewer) for workspace in keys]

    def child(self) -> type | None:
        return None
