"""Contributions: what a plugin adds to the graph, as data that assembly checks and builds from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from tabard.naming import camel
from tabard.policies import Policy
from tabard.reads.level import DeclaredRead

if TYPE_CHECKING:
    from tabard.events import EventKind
    from tabard.properties import Property


@dataclass(frozen=True)
class Argument:
    """An argument of a contributed field; without a default it is required.

    A default of None is not shown in the schema: leaving the argument out means the same.
    """

    name: str
    annotation: Any
    default: Any = field(default=..., kw_only=True)
    description: str | None = field(default=None, kw_only=True)

    def as_strawberry(self) -> StrawberryArgument:
        """The argument for Strawberry; `Annotated[..., strawberry.argument(description=...)]` works too."""
        default = {} if self.default is ... else {"default": UNSET if self.default is None else self.default}
        return StrawberryArgument(
            self.name, None, StrawberryAnnotation(self.annotation), description=self.description, **default
        )


@dataclass(frozen=True)
class FieldContribution:
    """A field added to a type. `owner` is the type, or the GraphQL name of another plugin's type."""

    plugin: str
    owner: type | str
    name: str
    annotation: Any
    read: DeclaredRead
    description: str
    arguments: tuple[Argument, ...] = ()
    policy: Policy | None = None
    is_null_only_on_error: bool = False
    deprecation_reason: str | None = None

    @property
    def graphql_name(self) -> str:
        return camel(self.name)


@dataclass(frozen=True)
class MutationContribution:
    """A mutation root field: a function that changes things through a unit of work."""

    plugin: str
    name: str
    function: Callable[..., Any]
    description: str
    policy: Policy | None = None

    @property
    def graphql_name(self) -> str:
        return camel(self.name)


@dataclass(frozen=True)
class SubscriptionContribution:
    """A subscription root field: a function that chooses, among events of one kind, the subscriber's."""

    plugin: str
    name: str
    on: EventKind
    function: Callable[..., Any]
    description: str
    policy: Policy | None = None

    @property
    def graphql_name(self) -> str:
        return camel(self.name)


@dataclass(frozen=True)
class RecordContribution:
    """A record type, which gets every capability of the record machinery."""

    plugin: str
    type: type
    table: sa.Table
    properties: tuple[Property, ...]
    has_pipelines: bool
    policy: Policy | None = None
    closed_on: str | None = None


@dataclass(frozen=True)
class TypePolicy:
    """The policy of an object type that is narrower than its plugin's."""

    plugin: str
    type: type
    policy: Policy
