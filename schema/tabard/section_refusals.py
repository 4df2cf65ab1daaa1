"""Section refusals: what assembly does not accept about the settings of tabs."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator

from pydantic import ValidationError

from tabard.errors import InvalidSetting
from tabard.naming import camel
from tabard.references import ObjectRef
from tabard.registry import Registry
from tabard.setting_problems import refusal
from tabard.setting_values import KINDS, can_be_set, is_text
from tabard.settings import Section, Setting, has_default, is_section
from tabard.tabs import TabRuntime

KNOWN = ", ".join(kind.__name__ for kind in KINDS)


def sections(registry: Registry) -> Iterator[str]:
    """Settings that are no section, lack a default, or hold what no setting can."""
    registered = {record.type.__name__ for record in registry.records.values()}
    for runtime in registry.tabs.values():
        settings = runtime.tab.settings
        if settings is None:
            continue
        label = f"{settings.__name__} of tab '{runtime.tab.name}'"
        if not is_section(settings):
            yield f"{label} is no settings section; decorate it with @strawberry.type and extend Settings"
            continue
        lacking = [
            field.name
            for field in dataclasses.fields(typing.cast(typing.Any, settings))
            if field.init and not has_default(field)
        ]
        for name in lacking:
            yield f"{label} has no default for {camel(name)}; a setting must work before anyone saves it"
        if not lacking:
            yield from (f"{label} {words}" for words in _unusable(runtime, registered))


def _unusable(runtime: TabRuntime, registered: set[str]) -> Iterator[str]:
    """Why a section with defaults cannot be used, in words."""
    section = runtime.section
    assert section is not None, "only tabs with settings are asked"
    yield from _unsound(section)
    for setting in section.references:
        yield from _misdirected(setting, section, registered)


def _unsound(section: Section) -> Iterator[str]:
    """What keeps the section from working before anybody saves a setting."""
    unfit = [setting for setting in section.settings if not can_be_set(setting.annotation)]
    for setting in unfit:
        yield (
            f"has {setting.graphql_name} of the type {_shown(setting.annotation)}, which no setting can be of; "
            f"take {KNOWN}, an enum, or a list of one of these, with `| None` where null makes sense"
        )
    refused = [words for setting in section.settings for words in _default(setting)]
    yield from refused
    if not (unfit or refused):
        yield from _unchecked(section)


def _default(setting: Setting) -> Iterator[str]:
    try:
        setting.adapter.validate_python(setting.default)
    except ValidationError as error:
        yield f"refuses its own defaults: {refusal(setting.graphql_name, error).message}"
    except TypeError as error:
        yield f"has a bound of {setting.graphql_name} that {_shown(setting.annotation)} cannot have: {error}"


def _unchecked(section: Section) -> Iterator[str]:
    try:
        section.type().check()
    except InvalidSetting as error:
        yield f"refuses its own defaults: {error.message}"
    except Exception as error:  # noqa: BLE001 - whatever an author's check does, all failures are reported
        yield (
            f"cannot check its own defaults ({type(error).__name__}: {error}); "
            "raise InvalidSetting for what makes no sense"
        )


def _misdirected(setting: Setting, section: Section, registered: set[str]) -> Iterator[str]:
    """What is wrong with a setting that refers to something."""
    reference = setting.reference
    assert reference is not None, "these settings are references"
    label = f"refers by {setting.graphql_name} to"
    if not is_text(setting.annotation):
        yield f"{label} something that texts name; write str or strawberry.ID, or a list of them"
    for name in sorted(set(reference.type_names) - registered):
        yield f"{label} {name}, which is no registered record type"
    choosing = {item.name for item in section.references if isinstance(item.reference, ObjectRef)}
    for name in sorted(set(reference.chosen) - choosing):
        yield f"{label} the setting {name}, which chooses no record types"


def _shown(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
