"""Variables are read as graphql-core reads them, whatever was given for them before."""

from itertools import product
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from gateway.execution.variables import MOST_ERRORS, Variables

SCHEMA = build_schema("type Query { a(i: Int, s: String!, d: ID, b: Boolean): Int }")
DOCUMENT = "query ($i: Int, $s: String!, $d: ID = 3, $b: Boolean) { a(i: $i, s: $s, d: $d, b: $b) }"
MISSING = object()
GIVEN = {
    "i": [0, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, True, 1.0, "1", None, MISSING],
    "s": ["x", "", 1, None, MISSING],
    "d": ["x", 1, None, MISSING],
    "b": [True, 1, None, MISSING],
}


def operation(text: str) -> OperationDefinitionNode:
    """The operation of a document."""
    (node,) = parse(text).definitions
    assert isinstance(node, OperationDefinitionNode)
    return node


def shown(values: VariableValues | list[GraphQLError]) -> Any:
    """What can be compared of values or errors."""
    if isinstance(values, list):
        return list(map(str, values))
    return values.coerced, {name: source.value for name, source in values.sources.items()}


def test_values_are_read_as_graphql_core_reads_them() -> None:
    node = operation(DOCUMENT)
    variables = Variables(SCHEMA, node)
    for values in product(*GIVEN.values()):
        given = {name: value for name, value in zip(GIVEN, values, strict=True) if value is not MISSING}
        expected = get_variable_values(
            SCHEMA, node.variable_definitions or (), given, max_errors=MOST_ERRORS, hide_suggestions=True
        )
        assert shown(variables.of(given)) == shown(expected), given


def test_an_operation_without_variables_takes_none() -> None:
    assert shown(Variables(SCHEMA, operation('{ a(s: "x") }')).of({"s": "y"})) == ({}, {})
