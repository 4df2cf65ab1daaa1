"""Account settings: the sections of the default workspace, which all others inherit, saved together."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import strawberry

from tabard.contributions import MutationContribution
from tabard.core import core
from tabard.errors import Fault
from tabard.naming import camel, noun_of
from tabard.nouns.people import Portal
from tabard.nouns.workspace import Workspace, WorkspaceRead
from tabard.policies import Permission, SuperAdmin
from tabard.reads.level import Level
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.storage.ids import encode_global_id
from tabard.tab_mutations import save_section, workspace_of
from tabard.tabs import TabRuntime
from tabard.work import Work

FEATURES = ("customer_success_beta",)


@strawberry.type(description="The account's general settings: what every workspace inherits.")
class AccountSettings:
    workspace_id: strawberry.Private[int]
    is_configured: bool = strawberry.field(
        description="Whether anybody has saved the settings; false asks for the set-up dialog."
    )


@dataclass(frozen=True)
class AccountRead:
    """`Query.accountSettings`: one statement, or none in the default workspace."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        workspace, setting = tables.workspace, tables.tab_setting
        joined = workspace.outerjoin(setting, setting.c.workspace_id == workspace.c.id)
        statement = (
            sa.select(workspace.c.id.label("id"), sa.func.max(setting.c.version).label("version"))
            .select_from(joined)
            .where(workspace.c.slot == 0)
            .group_by(workspace.c.id)
        )
        found = await level.context.reader.fetch(statement)
        settings = [
            AccountSettings(workspace_id=id, is_configured=bool(version))
            for id, version in zip(found["id"], found["version"], strict=True)
        ]
        return [settings[0] if settings else None] * len(keys)

    def child(self) -> type | None:
        return None


core.declare(
    "Query",
    "account_settings",
    AccountSettings | None,
    AccountRead(),
    "The account's general settings; null where there is no account.",
    policy=Permission.MANAGE_SETTINGS,
)
core.declare(
    AccountSettings,
    "workspace",
    Workspace | None,
    WorkspaceRead("workspace_id"),
    "The default workspace, whose tabs hold the settings.",
    policy=Permission.MANAGE_SETTINGS,
)


def account_mutation(tabs: Mapping[str, TabRuntime]) -> MutationContribution:
    """`accountSettingsUpdate`: one optional section for each tab that has settings."""
    sections = {name: runtime for name, runtime in tabs.items() if runtime.section is not None}

    async def save(work: Work, **given: Any) -> Workspace:
        workspace = tables.workspace.c
        rows = await work.fetch(sa.select(workspace.id).where(workspace.slot == 0))
        for name, runtime in sections.items():
            if (patch := given.get(name)) is not None:
                # Read anew for each section: saving one raises its version.
                state = await workspace_of(work, encode_global_id(noun_of(Workspace), rows[0][0]))
                await _saved(work, runtime, state, patch.value)
        return rows[0][0]  # type: ignore[no-any-return]

    annotations: dict[str, Any] = {"work": Work}
    for name, runtime in sections.items():
        assert runtime.section is not None, "only tabs with settings are here"
        annotations[name] = strawberry.Maybe[runtime.section.patch]  # type: ignore[name-defined, misc]
    save.__annotations__ = {**annotations, "return": Workspace}
    save.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("work", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in sections),
        ]
    )
    return MutationContribution(
        core.name,
        "account_settings_update",
        save,
        "Changes the account's general settings, all sections given together or none.",
        Permission.MANAGE_SETTINGS,
    )


async def _saved(work: Work, runtime: TabRuntime, state: Any, patch: Any) -> None:
    try:
        await save_section(work, runtime, state, patch)
    except Fault as fault:
        if fault.path is not None and fault.path[:2] == ["input", "settings"]:
            fault.path[1] = camel(runtime.tab.name)
        raise


@core.mutation(description="Opts the account into a feature, or out of it.", policy=SuperAdmin)
async def portal_feature_set(work: Work, feature: str, is_on: bool) -> Portal:
    if feature not in FEATURES:
        raise Fault(
            "NOT_FOUND",
            f"There is no feature '{feature}'; write one of {', '.join(FEATURES)}.",
            reason="portal.feature",
            path=["input", "feature"],
        )
    portal_id = work.viewer.portal_id
    assert portal_id is not None, "the policy lets only users of a portal in"
    before = (await work.find(Portal, portal_id)).features
    after = sorted({*before, feature} if is_on else {*before} - {feature})
    if after != before:
        await work.update(tables.portal, tables.portal.c.id == portal_id, features=after)
        await write_entry(work, "portal.changed", "portal", portal_id, {"features": [before, after]})
    return await work.find(Portal, portal_id)
