"""Reference checks: what a setting names must be there, in the transaction that saves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabard.definitions import Definitions
from tabard.errors import InvalidSetting
from tabard.plans import enterprise_required
from tabard.records.object_types import is_custom
from tabard.settings import Section, Setting


@dataclass(frozen=True)
class ReferenceChecks:
    """Tells which settings of a section name what is not there."""

    definitions: Definitions
    account_object: str

    async def require(self, section: Section, own: Mapping[str, Any], inherited: Mapping[str, Any]) -> None:
        """Raises a fault with the setting's name as its path for the first reference that points nowhere.

        Of inherited values only those are checked that depend on another setting.
        """
        values = section.values(inherited, own)
        for setting in section.references:
            reference = setting.reference
            assert reference is not None, "these settings are references"
            is_checked = setting.name in own or (reference.chosen and setting.name in inherited)
            if is_checked and (missing := await self.missing(setting, values)):
                raise _points_nowhere(setting, missing[0], values, self.account_object)

    async def require_plain(self, section: Section, patch: Any, values: Mapping[str, Any]) -> None:
        """Raises a fault for a setting of the patch that is about a custom object, for a plan without any."""
        for setting in section.references:
            if getattr(patch, setting.name, None) is not None and await self._is_custom(setting, values):
                raise enterprise_required("Custom objects", [setting.graphql_name])

    async def _is_custom(self, setting: Setting, values: Mapping[str, Any]) -> bool:
        reference = setting.reference
        assert reference is not None, "these settings are references"
        if reference.follows_account:
            return is_custom(self.account_object)
        value = values.get(setting.name) or []
        named = value if isinstance(value, list) else [value]
        object_types = reference.object_types(values, self.account_object)
        return any(
            option.value in named and any(map(is_custom, option.object_types))
            for option in await self.definitions.options(reference, object_types)
        )

    async def missing(self, setting: Setting, values: Mapping[str, Any]) -> list[str]:
        """What the setting names that is not there, given the values of its section."""
        value, reference = values.get(setting.name), setting.reference
        if value is None or reference is None:
            return []
        object_types = reference.object_types(values, self.account_object)
        offered = {option.value for option in await self.definitions.options(reference, object_types)}
        return [item for item in (value if isinstance(value, list) else [value]) if item not in offered]


def _points_nowhere(
    setting: Setting, missing: str, values: Mapping[str, Any], account_object: str
) -> InvalidSetting:
    reference, value = setting.reference, values[setting.name]
    assert reference is not None, "only references point somewhere"
    object_types = reference.object_types(values, account_object)
    if not object_types:
        problem = (
            "is about record types that another setting chooses, and it chooses none; choose one there first"
        )
        return InvalidSetting(setting.graphql_name, problem, reason=reference.reason)
    lacked = reference.lacked(missing, object_types)
    return InvalidSetting(
        setting.graphql_name,
        f"{lacked}; `TabInfo.settingOptions` lists what it can be",
        value.index(missing) if isinstance(value, list) else None,
        reason=reference.reason,
    )
