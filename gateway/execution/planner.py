"""Planner: makes plans. graphql-core collects the fields, so merging, fragments and conditions are its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from gateway.execution.attributes import Leaves, is_plain_leaf
from gateway.execution.leaves import Leaf
from gateway.execution.plan import FieldPlan, Part, Plan, SelectionPlan
from gateway.execution.rows import row_builder
from gateway.execution.shapes import AbstractShape, LeafShape, ListShape, ObjectShape, Shape
from gateway.execution.sources import Typename
from gateway.execution.ways import source_of
from tabard.guard import Guarded
from tabard.selection import Selection

Position = tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """An operation with the fragments of its document."""

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    definitions: dict[str, FragmentDefinitionNode]
    hide_suggestions: bool = False


@dataclass
class Planner:
    """Plans one operation; `variables` hold what `@skip` and `@include` ask for."""

    schema: GraphQLSchema
    operation: Operation
    variables: VariableValues
    size: int = 0
    _leaves: dict[GraphQLLeafType, Leaf] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The plan; raises what graphql-core raises for an operation that it cannot collect."""
        node = self.operation.node
        root = self.schema.get_root_type(node.operation)
        if root is None:
            raise LookupError(node.operation)
        collected = collect_fields(
            self.schema,
            self.operation.fragments,
            self.variables,
            root,
            node,
            self.operation.hide_suggestions,
        )
        selection = self._selection(root, collected.grouped_field_set, ())
        return Plan(self.schema, selection, self.size, self.operation.hide_suggestions)

    def _below(
        self, type_: GraphQLObjectType, details: FieldDetailsList, position: Position
    ) -> SelectionPlan:
        collected = collect_subfields(
            self.schema,
            self.operation.fragments,
            self.variables,
            self.operation.node,
            type_,
            details,
            self.operation.hide_suggestions,
        )
        return self._selection(type_, collected.grouped_field_set, position)

    def _selection(
        self, type_: GraphQLObjectType, grouped: GroupedFieldSet, position: Position
    ) -> SelectionPlan:
        fields: list[FieldPlan] = []
        for name, details in grouped.items():
            definition = self.schema.get_field(type_, details[0].node.name.value)
            if definition is not None:
                self.size += 1
                fields.append(self._field(type_, name, len(fields), definition, details, (*position, name)))
        build = row_builder(tuple(field.name for field in fields))
        parts = tuple(_parts(fields))
        is_flat = all(isinstance(part, Leaves | Typename) for part in parts)
        return SelectionPlan(tuple(fields), parts, build, is_flat)

    def _field(
        self,
        parent: GraphQLObjectType,
        name: str,
        order: int,
        definition: GraphQLField,
        details: FieldDetailsList,
        position: Position,
    ) -> FieldPlan:
        nodes = [detail.node for detail in details]
        guard = definition.resolve
        return FieldPlan(
            name,
            order,
            parent,
            definition,
            details,
            nodes,
            source_of(self.schema, parent, definition, nodes, position, self._look_ahead(nodes)),
            self._shape(definition.type, details, position),
            guard.policies if isinstance(guard, Guarded) else (),
        )

    def _look_ahead(self, nodes: list[Any]) -> Selection:
        return Selection(nodes, self.schema, self.operation.definitions, self.variables.coerced)

    def _shape(self, type_: GraphQLOutputType, details: FieldDetailsList, position: Position) -> Shape:
        is_nullable = not isinstance(type_, GraphQLNonNull)
        bare: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(bare, GraphQLList):
            return ListShape(self._shape(bare.of_type, details, position), is_nullable)
        if is_leaf_type(bare):
            return LeafShape(self._leaves.setdefault(bare, Leaf(bare)), is_nullable)

        @cache
        def shape_of(one: GraphQLObjectType) -> ObjectShape:
            return ObjectShape(one, self._below(one, details, position), is_nullable)

        return shape_of(bare) if is_object_type(bare) else AbstractShape(bare, shape_of, is_nullable)


def _parts(fields: Sequence[FieldPlan]) -> Iterator[Part]:
    """The fields in their order, plain leaves that follow each other as one; what resolvers do stays between."""
    for is_leaf, group in groupby(fields, is_plain_leaf):
        if is_leaf:
            yield Leaves(list(group))
        else:
            for field in group:
                yield field.source if isinstance(field.source, Typename) else field
