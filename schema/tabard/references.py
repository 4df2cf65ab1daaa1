"""References: settings that name something the portal has, and must still be there when saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tabard.naming import camel, snake
from tabard.properties import PropertyKind
from tabard.setting_problems import shown


@dataclass(frozen=True)
class _AccountObject:
    """The record type that stands for customers: companies, or the custom object the account chose."""


ACCOUNT_OBJECT = _AccountObject()


@dataclass(frozen=True)
class Chosen:
    """The record types that another setting of the section names, one marked by `ObjectRef`."""

    setting: str


Source = type | str | _AccountObject | Chosen
Of = Source | tuple[Source, ...]


@dataclass(frozen=True)
class Reference:
    """What a setting points at: something of one of these record types.

    A type that is not made yet goes by its name. `ACCOUNT_OBJECT` and `Chosen("setting")` are record types
    that the account or another setting chooses.
    """

    of: Of
    target = "nothing"

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the record types come from."""
        return self.of if isinstance(self.of, tuple) else (self.of,)

    @property
    def type_names(self) -> tuple[str, ...]:
        """The names of the record types that are always meant, e.g. `Deal`."""
        return tuple(
            item if isinstance(item, str) else item.__name__
            for item in self.sources
            if isinstance(item, str | type)
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the settings that choose record types."""
        return tuple(item.setting for item in self.sources if isinstance(item, Chosen))

    @property
    def follows_account(self) -> bool:
        """Whether it points at something of the account object."""
        return ACCOUNT_OBJECT in self.sources

    def object_types(self, values: Mapping[str, Any], account_object: str) -> list[str]:
        """The keys of the record types, given the section's values and the account object."""
        return list(dict.fromkeys(self._object_types(values, account_object)))

    def _object_types(self, values: Mapping[str, Any], account_object: str) -> Iterator[str]:
        for item in self.sources:
            if isinstance(item, Chosen):
                chosen = values.get(item.setting) or []
                yield from [chosen] if isinstance(chosen, str) else chosen
            elif isinstance(item, _AccountObject):
                yield account_object
            else:
                yield snake(item if isinstance(item, str) else item.__name__)

    @property
    def reason(self) -> str:
        """The reason of the error for a value that names nothing."""
        return f"setting.{self.target}"

    def lacked(self, value: str, object_types: list[str]) -> str:
        """What a value is that names nothing of these record types, in words behind the setting's name."""
        return f"names a {self.target} that is not there for {' or '.join(object_types)}"

    def described(self) -> dict[str, Any]:
        """The reference as the JSON Schema of the settings tells it to a form."""
        return {"to": self.target, "of": [_described(item) for item in self.sources]}


def _described(source: Source) -> Any:
    if isinstance(source, Chosen):
        return {"setting": camel(source.setting)}
    if isinstance(source, _AccountObject):
        return {"account": "accountObject"}
    return snake(source if isinstance(source, str) else source.__name__)


@dataclass(frozen=True)
class PropertyRef(Reference):
    """Marks a setting that holds the key of a property with this kind, which all the record types have.

    `csm_property: Annotated[str, PropertyRef(Company, PropertyKind.USER)] = "owner"`
    """

    kind: PropertyKind
    target = "property"
    reason = "setting.property_kind"

    def lacked(self, value: str, object_types: list[str]) -> str:
        return f"is {shown(value)}, which is no {self.kind.value.lower()} property of {' and '.join(object_types)}"

    def described(self) -> dict[str, Any]:
        return {**super().described(), "kind": self.kind.value}


@dataclass(frozen=True)
class PipelineRef(Reference):
    """Marks a setting that holds global ids of pipelines."""

    target = "pipeline"


@dataclass(frozen=True)
class LayoutRef(Reference):
    """Marks a setting that holds the global id of a page layout."""

    target = "layout"


@dataclass(frozen=True)
class ObjectRef(Reference):
    """Marks a setting that holds keys of record types: of these, and of the account's custom objects."""

    target = "object"

    def lacked(self, value: str, object_types: list[str]) -> str:
        return f"is {shown(value)}, which is neither {' nor '.join([*object_types, 'a custom object'])} here"

    def described(self) -> dict[str, Any]:
        return {**super().described(), "custom": True}
