"""Arguments: coerced once for a level where nobody could change them, else for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Handed:
    """Gives each row its arguments; when they are `shared` all rows can have the same."""

    give: Callable[[], Given]
    is_shared: bool


class Arguments:
    """What a field's node gives for its arguments, as graphql-core coerces it.

    Those that are constant are the same in every run.
    """

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self.is_constant = not _has_variables(node)
        self._constant: Given | None = None if definition.args or node.arguments else {}

    def of(self, run: Run) -> Handed:
        """The arguments in this run; raises what is wrong with them."""
        given = self._constant
        if given is None:
            given = self._coerced(run)
            if not all(isinstance(value, IMMUTABLE) for value in given.values()):
                first = [given]
                return Handed(lambda: first.pop() if first else self._coerced(run), is_shared=False)
            if self.is_constant:
                self._constant = given
        return Handed(lambda: given, is_shared=True)

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
