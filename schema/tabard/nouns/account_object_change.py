"""Account object change: what choosing another account object would do, before it is done."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from tabard.core import core
from tabard.definitions import Definitions
from tabard.nouns.workspace import Workspace, WorkspaceRead, read_workspaces
from tabard.policies import Permission
from tabard.reads.level import Level
from tabard.reference_checks import ReferenceChecks
from tabard.scalars import JSON
from tabard.section_changes import Loss, losses
from tabard.viewer import COMPANY


@strawberry.type(description="A setting that would be dropped, because it names what the new object lacks.")
class DroppedSetting:
    workspace_id: strawberry.Private[int]
    tab: str = strawberry.field(description="The key of the tab.")
    setting: str = strawberry.field(description="The setting's name, as in the schema of the settings.")
    value: JSON = strawberry.field(description="What it is set to now.")


@strawberry.type(description="What choosing another account object would do; nothing is changed by asking.")
class AccountObjectChange:
    object_type: str = strawberry.field(description="The key of the record type that would be chosen.")
    dropped_settings: list[DroppedSetting] = strawberry.field(
        description="The settings that would be dropped, and so fall back; ask the admin before you save."
    )


@dataclass(frozen=True)
class AccountObjectChangeRead:
    """`Query.accountObjectChange`: nothing is written."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context, object_type = level.context, level.args["object_type"]
        definitions = Definitions.of_reader(context.reader, context.graph.properties)
        if object_type != COMPANY and not await self._can_be(level, definitions, object_type):
            return [None] * len(keys)
        states = [workspace.state for workspace in await read_workspaces(level)]
        tabs = list(context.graph.registry.tabs.values())
        found = await losses(states, tabs, ReferenceChecks(definitions, object_type))
        change = AccountObjectChange(object_type=object_type, dropped_settings=list(map(_dropped, found)))
        return [change] * len(keys)

    async def _can_be(self, level: Level, definitions: Definitions, object_type: str) -> bool:
        custom = [option.value for option in await definitions.custom_objects()]
        return level.context.viewer.plan.has_custom_objects and object_type in custom

    def child(self) -> type | None:
        return None


def _dropped(loss: Loss) -> DroppedSetting:
    return DroppedSetting(
        workspace_id=loss.workspace.id,
        tab=loss.runtime.tab.name,
        setting=loss.setting.graphql_name,
        value=JSON(loss.stored),
    )


core.declare(
    "Query",
    "account_object_change",
    AccountObjectChange | None,
    AccountObjectChangeRead(),
    "What choosing another account object would do; null for one that cannot be chosen.",
    policy=Permission.MANAGE_SETTINGS,
    object_type=Annotated[
        str, strawberry.argument(description="Key of the record type that should stand for customers.")
    ],
)
core.declare(
    DroppedSetting,
    "workspace",
    Workspace | None,
    WorkspaceRead("workspace_id"),
    "The workspace whose setting it is.",
    policy=Permission.MANAGE_SETTINGS,
)
