"""Settings: a tab's typed settings, stored as JSON of what differs from the defaults."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
import structlog
from pydantic import TypeAdapter, ValidationError

from tabard.errors import Fault, InvalidSetting, PluginFailure
from tabard.naming import camel, title
from tabard.references import Reference
from tabard.setting_problems import refusal
from tabard.setting_values import can_be_set, values_of
from tabard.typegraph import is_strawberry_type

log = structlog.get_logger("tabard.plugins")


class Settings:
    """Base of a settings section: a `@strawberry.type` class in which every field has a default.

    `check` raises InvalidSetting for a combination of values that makes no sense.
    """

    def check(self) -> None:
        """Called for each value before it is saved and after it is read."""


@dataclass(frozen=True)
class Setting:
    """One field of a section."""

    name: str
    annotation: Any
    default: Any
    adapter: TypeAdapter[Any]
    reference: Reference | None
    title: str
    description: str | None

    @property
    def graphql_name(self) -> str:
        return camel(self.name)

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the values as clients send them."""
        values = self.adapter.json_schema()
        schema: dict[str, Any] = {"title": self.title, **values, "default": self.as_sent(self.default)}
        if self.description:
            schema["description"] = self.description
        if self.reference is not None:
            schema["x-reference"] = self.reference.described()
        return schema

    def as_sent(self, value: Any) -> Any:
        """A value as clients send it."""
        return self.adapter.dump_python(value, mode="json")


class Section:
    """A tab's settings class with all that is derived from it."""

    def __init__(self, type_: type[Settings], owner: str) -> None:
        self.type = type_
        self.owner = owner
        hints = typing.get_type_hints(type_, include_extras=True)
        described = {field.name: field.description for field in _strawberry_fields(type_)}
        self.settings = [
            _setting(field, hints[field.name], described.get(field.name))
            for field in dataclasses.fields(typing.cast(Any, type_))
            if field.init
        ]
        self.references = [setting for setting in self.settings if setting.reference is not None]
        self.patch = self._patch()

    def resolve(self, *layers: Mapping[str, Any]) -> tuple[Settings, list[str]]:
        """The settings of the layers, later ones over earlier ones, and what had to be ignored.

        A stored value that no longer validates is left out and named; it never fails.
        """
        values, issues = self._merged(layers)
        try:
            return self._made(values), issues
        except InvalidSetting as error:
            problem = error.message
        except Exception:  # whatever an author does in `check`, a query goes on
            log.exception("plugin failed", plugin=self.owner, function="check")
            problem = f"The settings of the tab '{self.owner}' could not be checked."
        return self.type(), [*issues, f"{problem} The defaults are used."]

    def as_sent(self, settings: Settings) -> dict[str, Any]:
        """The values as clients send them, by the names that the schema has."""
        return {
            setting.graphql_name: setting.as_sent(getattr(settings, setting.name))
            for setting in self.settings
        }

    def values(self, *layers: Mapping[str, Any]) -> dict[str, Any]:
        """The values in force, as they are stored; a default where no layer has one that validates."""
        merged, _ = self._merged(layers)
        return {
            setting.name: setting.adapter.dump_python(merged.get(setting.name, setting.default), mode="json")
            for setting in self.settings
        }

    def _merged(self, layers: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {}
        issues: list[str] = []
        for layer in layers:
            for setting in self.settings:
                if setting.name in layer:
                    self._take(setting, layer[setting.name], values, issues)
        return values, issues

    def _take(self, setting: Setting, stored: Any, values: dict[str, Any], issues: list[str]) -> None:
        try:
            values[setting.name] = setting.adapter.validate_python(stored)
        except ValidationError:
            issues.append(f"The stored value of '{setting.graphql_name}' is no longer valid; it is ignored.")

    def _check(self, values: Mapping[str, Any]) -> None:
        try:
            self._made(values)
        except Fault:
            raise
        except Exception as error:
            log.exception("plugin failed", plugin=self.owner, function="check")
            raise PluginFailure(
                self.owner, f"The plugin '{self.owner}' could not check the settings."
            ) from error

    def _made(self, values: Mapping[str, Any]) -> Settings:
        made = self.type(**values)
        made.check()
        return made

    def changed(self, stored: Mapping[str, Any], inherited: Mapping[str, Any], patch: Any) -> dict[str, Any]:
        """What to store after a patch: `null` drops a value, so that the inherited one applies again.

        Raises InvalidSetting when the result does not validate, PluginFailure when `check` itself fails.
        """
        result = dict(stored)
        for setting in self.settings:
            given = getattr(patch, setting.name, None)
            if given is None:
                continue
            if given.value is None:
                result.pop(setting.name, None)
            else:
                result[setting.name] = self._stored(setting, given.value)
        values, _ = self._merged((inherited, result))
        self._check(values)
        known = {setting.name for setting in self.settings}
        return {name: value for name, value in result.items() if name in known}

    def _stored(self, setting: Setting, value: Any) -> Any:
        try:
            return setting.adapter.dump_python(setting.adapter.validate_python(value), mode="json")
        except ValidationError as error:
            raise refusal(setting.graphql_name, error) from error

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of the section, good enough to draw a form from."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": False,
            "properties": {setting.graphql_name: setting.schema() for setting in self.settings},
        }

    def _patch(self) -> type:
        annotations = {setting.name: _maybe(setting.annotation) for setting in self.settings}
        namespace: dict[str, Any] = {
            "__annotations__": annotations,
            "__module__": self.type.__module__,
            "__qualname__": f"{self.type.__qualname__}Patch",
        }
        for setting in self.settings:
            namespace[setting.name] = strawberry.field(
                default=None,
                description=setting.description or f"New value of `{setting.graphql_name}`.",
            )
        class_ = type(f"{self.type.__name__}Patch", (), namespace)
        return strawberry.input(
            class_,
            description=f"Changes to {self.type.__name__}: absent leaves a setting, null inherits again.",
        )


def _setting(field: dataclasses.Field[Any], hint: Any, description: str | None) -> Setting:
    marks = getattr(hint, "__metadata__", ())
    reference = next((item for item in marks if isinstance(item, Reference)), None)
    annotation = typing.get_args(hint)[0] if marks else hint
    # A type that no setting can have is refused by assembly, which names it.
    adapter = values_of(annotation, marks) if can_be_set(annotation) else TypeAdapter(Any)
    factory = field.default_factory
    if factory is not dataclasses.MISSING:
        default: Any = factory()
    else:
        default = None if field.default is dataclasses.MISSING else field.default
    name = field.metadata.get("title") or title(field.name)
    return Setting(field.name, annotation, default, adapter, reference, name, description)


def _maybe(annotation: Any) -> Any:
    return typing.cast(Any, strawberry.Maybe)[annotation | None]


def has_default(field: dataclasses.Field[Any]) -> bool:
    """Whether a setting can be left out."""
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def is_section(type_: type | None) -> bool:
    """Whether a class can be a section: a Strawberry type that extends Settings."""
    return type_ is not None and is_strawberry_type(type_) and issubclass(type_, Settings)


def _strawberry_fields(type_: type) -> list[Any]:
    return list(typing.cast(Any, type_).__strawberry_definition__.fields)
