"""Variables: what an operation is given for them, as graphql-core reads it; most values are already what they mean."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
)
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues, VariableValueSource

NO_VARIABLES: Final = VariableValues({}, {})
KINDS: Final = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int}
MOST_ERRORS: Final = 50
GREATEST: Final = (1 << 31) - 1
# A variable's name, the class of its usual values, and what graphql-core knows of it.
Usual = tuple[str, Any, VariableValueSource]


class Variables:
    """The variables of one operation.

    Where each is given a value of the class that its scalar gives, there is nothing to read. What graphql-core
    has found out about their types then stays as it was.
    """

    def __init__(self, schema: GraphQLSchema, node: OperationDefinitionNode) -> None:
        self._schema = schema
        self._declared = node.variable_definitions or ()
        self._known: list[Usual] | None = None

    def of(self, given: dict[str, Any] | None) -> VariableValues | list[GraphQLError]:
        """Their values, or the errors of those that cannot be read; an operation without any costs nothing."""
        if not self._declared:
            return NO_VARIABLES
        given = given or {}
        if self._known is not None and (plain := self._plain(self._known, given)) is not None:
            return plain
        values = get_variable_values(
            self._schema, self._declared, given, max_errors=MOST_ERRORS, hide_suggestions=True
        )
        if self._known is None and isinstance(values, VariableValues):
            self._known = _kinds(values)
        return values

    def _plain(self, known: list[Usual], given: dict[str, Any]) -> VariableValues | None:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, kind, source in known:
            value: Any = given.get(name)
            if type(value) is not kind or (kind is int and not -GREATEST - 1 <= value <= GREATEST):
                return None
            sources[name] = VariableValueSource(source.signature, value)
            coerced[name] = value
        return VariableValues(sources, coerced)


def _kinds(values: VariableValues) -> list[Usual]:
    """By name the class of a usual value; a type without one has a class that no value has."""
    found = []
    for name, source in values.sources.items():
        type_ = source.signature.type
        bare: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        found.append((name, KINDS.get(bare, Variables), source))
    return found
