"""Setting options: what a setting can name, for the drop-downs of a settings form."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from tabard.core import core
from tabard.definitions import Definitions, Option
from tabard.naming import camel
from tabard.policies import Permission
from tabard.reads.level import Level
from tabard.records.object_types import is_custom
from tabard.tabs import TabInfo
from tabard.viewer import StoredTab, Viewer


@strawberry.type(description="Something that a setting can be set to.")
class SettingOption:
    value: str = strawberry.field(description="What to save.")
    label: str = strawberry.field(description="What to show.")
    object_types: list[str] = strawberry.field(description="The keys of the record types it is of.")


def shown_option(option: Option) -> SettingOption:
    """The option as the graph shows it."""
    return SettingOption(value=option.value, label=option.label, object_types=list(option.object_types))


def is_offered(option: Option, viewer: Viewer) -> bool:
    """Whether the plan lets it be chosen."""
    return viewer.plan.has_custom_objects or not any(map(is_custom, option.object_types))


@dataclass(frozen=True)
class SettingOptionsRead:
    """`TabInfo.settingOptions`: one statement for all tabs of all workspaces."""

    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        definitions = Definitions.of_reader(context.reader, context.graph.properties)
        return [await self._of_tab(level, definitions, info) for info in keys]

    async def _of_tab(
        self, level: Level, definitions: Definitions, info: TabInfo
    ) -> list[SettingOption] | None:
        section = info.runtime.section
        wanted = level.args["setting"]
        settings = section.references if section is not None else []
        setting = next((item for item in settings if camel(item.name) == wanted), None)
        if section is None or setting is None or setting.reference is None:
            return None
        viewer, name = level.context.viewer, info.runtime.tab.name
        layers = (info.workspace.account_tabs, info.workspace.tabs)
        values = section.values(*(layer.get(name, StoredTab()).values for layer in layers))
        in_force = setting.reference.object_types(values, info.workspace.account_object)
        asked = level.args.get("object_types")
        options = await definitions.options(setting.reference, in_force if asked is None else asked)
        return [shown_option(option) for option in options if is_offered(option, viewer)]

    def child(self) -> type | None:
        return None


core.declare(
    TabInfo,
    "setting_options",
    list[SettingOption] | None,
    SettingOptionsRead(),
    "What a setting with `x-reference` in the schema can be set to; null for any other one.",
    policy=Permission.MANAGE_SETTINGS,
    setting=Annotated[
        str, strawberry.argument(description="The setting's name, as in the schema of the settings.")
    ],
    object_types=Annotated[
        list[str] | None,
        strawberry.argument(
            description="Keys of the record types that the form has chosen; else those in force."
        ),
    ],
)
