"""References: settings that name something the portal has, and must still be there when saved."""

from __future__ import annotations

from dataclasses import dataclass

from tabard.naming import snake
from tabard.properties import PropertyKind

Of = type | str | tuple[type | str, ...]


def _names(of: Of) -> tuple[str, ...]:
    """The names of the record types; a type that is not made yet goes by its name."""
    return tuple(
        item if isinstance(item, str) else item.__name__ for item in (of if isinstance(of, tuple) else (of,))
    )


@dataclass(frozen=True)
class Reference:
    """What a setting points at: something of one of these record types."""

    of: Of

    @property
    def type_names(self) -> tuple[str, ...]:
        """The record types' names, e.g. `Deal`."""
        return _names(self.of)

    @property
    def object_types(self) -> tuple[str, ...]:
        """The record types' keys, e.g. `deal`."""
        return tuple(map(snake, self.type_names))

    def described(self) -> dict[str, str]:
        """The reference as the JSON Schema of the settings tells it to a form."""
        return {"to": self.target, "type": " or ".join(self.type_names)}

    target = "nothing"


@dataclass(frozen=True)
class PropertyRef(Reference):
    """Marks a setting that holds the key of a property with this kind.

    `csm_property: Annotated[str, PropertyRef(Company, PropertyKind.USER)] = "owner"`
    """

    kind: PropertyKind
    target = "property"

    def described(self) -> dict[str, str]:
        return {**super().described(), "kind": self.kind.value}


@dataclass(frozen=True)
class PipelineRef(Reference):
    """Marks a setting that holds global ids of pipelines."""

    target = "pipeline"


@dataclass(frozen=True)
class LayoutRef(Reference):
    """Marks a setting that holds the global id of a page layout."""

    target = "layout"
