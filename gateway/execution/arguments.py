"""Arguments: coerced once for a level where nobody could change them, else for each row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import FieldNode, GraphQLField, Node, VariableNode, visit
from graphql.execution.values import get_argument_values
from graphql.language import Visitor

if TYPE_CHECKING:
    from gateway.execution.run import Run

Given = dict[str, Any]
IMMUTABLE = (str, int, float, bool, type(None), Enum, Decimal, date, time, UUID, bytes)
NONE: Given = {}


class Arguments:
    """What a field's node gives for its arguments, as graphql-core coerces it."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._is_empty = not definition.args and not node.arguments
        self._is_constant = not _has_variables(node)
        self._constant: Given | None = None

    def of(self, run: Run) -> Callable[[], Given]:
        """Gives each row its arguments; raises what is wrong with them."""
        if self._is_empty:
            return lambda: NONE
        if self._constant is not None:
            constant = self._constant
            return lambda: constant
        given = self._coerced(run)
        if not all(isinstance(value, IMMUTABLE) for value in given.values()):
            first = [given]
            return lambda: first.pop() if first else self._coerced(run)
        if self._is_constant:
            self._constant = given
        return lambda: given

    def _coerced(self, run: Run) -> Given:
        return get_argument_values(
            self._definition, self._node, run.variables, hide_suggestions=run.plan.hide_suggestions
        )


class _Variables(Visitor):
    """Looks for a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.is_found = False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.is_found = True


def _has_variables(node: FieldNode) -> bool:
    finder = _Variables()
    for argument in node.arguments or ():
        value: Node = argument.value
        visit(value, finder)
    return finder.is_found
