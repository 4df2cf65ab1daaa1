"""Account settings: which records stand for customers, and the sections that all workspaces inherit."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from tabard.contributions import MutationContribution
from tabard.core import core
from tabard.definitions import Definitions, Option
from tabard.errors import Fault
from tabard.naming import camel, plural, title
from tabard.nouns.arguments import IfVersion
from tabard.nouns.setting_options import SettingOption, shown_option
from tabard.nouns.workspace import Workspace, WorkspaceRead
from tabard.policies import Permission
from tabard.reads.level import Level
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.records.object_types import custom_object_types, is_custom, require_custom_objects
from tabard.section_changes import account_object_in, drop_missing, raise_settings_version, save_section
from tabard.setting_problems import shown
from tabard.tab_mutations import require_shown
from tabard.tabs import TabRuntime
from tabard.viewer import COMPANY, SETTINGS_REQUIRE_SEAT, WorkspaceState
from tabard.work import Work, stale
from tabard.workspace_states import default_workspace, every_workspace

ACCOUNT_OBJECT = ["input", "accountObject"]
CHOICE = "`AccountSettings.accountObjectOptions` lists what can be chosen."
AccountObject = Annotated[
    str | None,
    strawberry.argument(
        description="Key of the record type that is to stand for customers: `company`, or a custom object's."
    ),
]
COMPANIES = Option(COMPANY, title(plural(COMPANY)), (COMPANY,))


@strawberry.type(description="The account's general settings: what every workspace inherits.")
class AccountSettings:
    workspace_id: strawberry.Private[int]
    is_configured: bool = strawberry.field(
        description="Whether anybody has saved the settings; false asks for the set-up dialog."
    )
    version: int = strawberry.field(
        description="Grows with each change; send it as `ifVersion` with an update."
    )
    account_object: str = strawberry.field(
        description="The key of the record type that stands for customers: `company`, or a custom object's."
    )
    is_seat_required: bool = strawberry.field(
        description="Whether super admins need a Service seat for settings, as everybody else does."
    )


@dataclass(frozen=True)
class AccountRead:
    """`Query.accountSettings`."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        workspace, portal = tables.workspace.c, tables.portal.c
        found = await level.context.reader.fetch(
            sa.select(
                workspace.id.label("id"), portal.settings_version.label("version"), portal.account_object
            )
            .join_from(tables.workspace, tables.portal, sa.true())
            .where(workspace.slot == 0)
        )
        viewer = level.context.viewer
        settings = [
            AccountSettings(
                workspace_id=id,
                is_configured=version > 0,
                version=version,
                account_object=account_object or COMPANY,
                is_seat_required=SETTINGS_REQUIRE_SEAT in viewer.features,
            )
            for id, version, account_object in zip(*found.data.values(), strict=True)
        ]
        return [settings[0] if settings else None] * len(keys)

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class AccountObjectsRead:
    """`AccountSettings.accountObjectOptions`."""

    key: str | None = "account_object"

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        options = [COMPANIES]
        if context.viewer.plan.has_custom_objects:
            definitions = Definitions.of_reader(context.reader, context.graph.properties)
            options += await definitions.custom_objects()
        return [[shown_option(option) for option in options]] * len(keys)

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
core.declare(
    AccountSettings,
    "account_object_options",
    list[SettingOption] | None,
    AccountObjectsRead(),
    "What can stand for customers; a single one leaves no choice.",
    policy=Permission.MANAGE_SETTINGS,
)


def account_mutation(tabs: Mapping[str, TabRuntime]) -> MutationContribution:
    """`accountSettingsUpdate`: the account object, and one optional section for each tab with settings."""
    sections = {name: runtime for name, runtime in tabs.items() if runtime.section is not None}

    async def save(work: Work, if_version: int | None = None, **given: Any) -> Workspace:
        version = await _settings_version(work)
        if if_version is not None and if_version != version:
            raise stale(version)
        if (chosen := given.get("account_object")) is not None:
            await _choose_account_object(work, chosen)
        state = await default_workspace(work)
        for name, runtime in sections.items():
            if (patch := given.get(name)) is not None:
                await _save(work, runtime, state, patch.value)
        if await _settings_version(work) == 0:
            await raise_settings_version(work)
        return state.id  # type: ignore[return-value]

    annotations: dict[str, Any] = {"account_object": AccountObject}
    for name, runtime in sections.items():
        assert runtime.section is not None, "only tabs with settings are here"
        words = f"Settings of the tab {runtime.tab.title} that all workspaces inherit; without it they stay."
        annotations[name] = Annotated[
            strawberry.Maybe[runtime.section.patch],  # type: ignore[name-defined, misc]
            strawberry.argument(description=words),
        ]
    save.__annotations__ = {"work": Work, "if_version": IfVersion, **annotations, "return": Workspace}
    keyword = inspect.Parameter.KEYWORD_ONLY
    save.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("work", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(inspect.Parameter(name, keyword, default=None) for name in ("if_version", *annotations)),
        ]
    )
    return MutationContribution(
        core.name,
        "account_settings_update",
        save,
        "Changes the account's general settings, all that is given together or nothing.",
        Permission.MANAGE_SETTINGS,
    )


async def _save(work: Work, runtime: TabRuntime, state: WorkspaceState, patch: Any) -> None:
    place = ["input", camel(runtime.tab.name)]
    require_shown(runtime, state, place)
    await save_section(work, runtime, state, patch, place)


async def _settings_version(work: Work) -> int:
    """The version of the account's settings, once nobody else is changing them."""
    await default_workspace(work)
    return int((await work.fetch(sa.select(tables.portal.c.settings_version)))[0][0])


async def _choose_account_object(work: Work, object_type: str) -> None:
    """Makes other records stand for customers; settings that name what those lack are dropped."""
    if object_type != COMPANY:
        if not is_custom(object_type):
            raise Fault(
                "INVALID",
                f"Companies or a custom object stand for customers; {shown(object_type)} is neither. {CHOICE}",
                reason="account.object",
                path=ACCOUNT_OBJECT,
            )
        if object_type not in await custom_object_types(work):
            raise Fault(
                "NOT_FOUND",
                f"There is no custom object {shown(object_type)}. {CHOICE}",
                reason="record.object_type",
                path=ACCOUNT_OBJECT,
            )
        require_custom_objects(work, ACCOUNT_OBJECT)
    await every_workspace(work)
    before = await account_object_in(work)
    if object_type == before:
        return
    portal_id = work.viewer.portal_id
    stored = None if object_type == COMPANY else object_type
    await work.update(tables.portal, tables.portal.c.id == portal_id, account_object=stored)
    await raise_settings_version(work)
    await drop_missing(work)
    write_entry(work, "account.object_changed", "portal", portal_id, {"accountObject": [before, object_type]})
