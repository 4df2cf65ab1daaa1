"""Selection: what a query selects below one field, so that only those columns are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

NO_VARIABLES: Mapping[str, Any] = {}


class Selection:
    """The sub-selections of one or more field nodes, fragments resolved, without what is skipped.

    Whatever it is asked it works out once, so that a selection kept with a plan costs look-ups only.
    `needed` is where a level keeps the attributes of each type that the selection needs.
    """

    def __init__(
        self,
        nodes: Sequence[FieldNode],
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any] = NO_VARIABLES,
    ) -> None:
        self.needed: dict[type, frozenset[str]] = {}
        self._nodes = nodes
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._fields: dict[str, dict[str, list[FieldNode]]] = {}
        self._below: dict[tuple[str, ...], Selection] = {}

    def fields(self, type_name: str) -> dict[str, list[FieldNode]]:
        """The fields selected on objects of the type: name to its nodes."""
        found = self._fields.get(type_name)
        if found is None:
            found = self._fields[type_name] = {}
            for node in self._nodes:
                if node.selection_set is not None:
                    for field in self._walk(node.selection_set, type_name):
                        found.setdefault(field.name.value, []).append(field)
        return found

    def below(self, type_name: str, *field_names: str) -> Selection:
        """The selection under these fields of the type, merged."""
        key = (type_name, *field_names)
        found = self._below.get(key)
        if found is None:
            fields = self.fields(type_name)
            nodes = [node for name in field_names for node in fields.get(name, [])]
            found = self._below[key] = Selection(nodes, self._schema, self._fragments, self._variables)
        return found

    def selects(self, type_name: str, *field_names: str) -> bool:
        """Whether any of the fields is selected."""
        return any(name in self.fields(type_name) for name in field_names)

    def _walk(self, selections: SelectionSetNode, type_name: str) -> Iterator[FieldNode]:
        for selection in selections.selections:
            if selection.directives and self._is_skipped(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_name):
                    yield from self._walk(selection.selection_set, type_name)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
                if self._applies(fragment.type_condition.name.value, type_name):
                    yield from self._walk(fragment.selection_set, type_name)

    def _applies(self, condition: str, type_name: str) -> bool:
        if condition == type_name:
            return True
        abstract, concrete = self._schema.get_type(condition), self._schema.get_type(type_name)
        return (
            isinstance(abstract, GraphQLAbstractType)
            and isinstance(concrete, GraphQLObjectType)
            and self._schema.is_sub_type(abstract, concrete)
        )

    def _is_skipped(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            if directive.name.value in ("skip", "include"):
                value = next(item.value for item in directive.arguments or () if item.name.value == "if")
                if self._truth(value) is (directive.name.value == "skip"):
                    return True
        return False

    def _truth(self, value: object) -> Any:
        if isinstance(value, VariableNode):
            return self._variables.get(value.name.value)
        return isinstance(value, BooleanValueNode) and value.value
