"""Plan: what a document's operation comes to on one schema: for each selection its fields, for each its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema
from graphql.execution.collect_fields import FieldDetailsList

from gateway.execution.places import FieldPlace
from gateway.execution.rows import Build

if TYPE_CHECKING:
    from gateway.execution.columns import Selected, Values
    from gateway.execution.places import Place
    from gateway.execution.run import Run
    from gateway.execution.shapes import Shape
    from gateway.execution.sources import Source
    from tabard.policies import Policy


@dataclass(slots=True, eq=False)
class FieldPlan:
    """One field of one selection: where its values come from and how they are completed.

    `order` is its place among the selection's fields, `details` its nodes as graphql-core collected them.
    """

    name: str
    order: int
    parent: GraphQLObjectType
    definition: GraphQLField
    details: FieldDetailsList
    nodes: list[FieldNode]
    source: Source
    shape: Shape
    policies: tuple[Policy, ...] = ()

    @property
    def field_name(self) -> str:
        """The name in the schema."""
        return self.nodes[0].name.value

    def fill(self, run: Run, sources: Values, place: Place, selected: Selected) -> None:
        """A field is a part of its selection."""
        here = FieldPlace(place, self)
        if self.policies and (denial := run.denial(self.policies)) is not None:
            selected.add(run.completed(self, [denial] * len(sources), here))
        else:
            selected.add(self.source.column(run, self, sources, here))

    def null_error(self) -> TypeError:
        """What graphql-core says of a null where none may be."""
        return TypeError(f"Cannot return null for non-nullable field {self.parent}.{self.field_name}.")


class Part(Protocol):
    """One field of a selection, or several that are dealt with together."""

    def fill(self, run: Run, sources: Values, place: Place, selected: Selected) -> None:
        """Adds the fields' cells for these objects, or the columns that will give them."""


@dataclass(slots=True, eq=False)
class SelectionPlan:
    """What is selected on objects of one type; `parts` are the fields in their order.

    `is_flat` says that each part takes rows that several places share as they are.
    """

    fields: tuple[FieldPlan, ...]
    parts: tuple[Part, ...]
    build: Build
    is_flat: bool


@dataclass(slots=True, eq=False)
class Plan:
    """An operation, ready to run; `size` counts its fields."""

    schema: GraphQLSchema
    root: SelectionPlan
    size: int
    hide_suggestions: bool = False
