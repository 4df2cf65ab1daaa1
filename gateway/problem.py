"""Problem: one error of an answer, as clients see it; whatever has no code of its own is masked."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from graphql import GraphQLError, ValueNode, VariableDefinitionNode

from gateway.codes import Code
from tabard.errors import GraphError

MASKED = f"Something failed inside the server. {Code.INTERNAL_SERVER_ERROR.remedy}"
LONGEST_MESSAGE = 500
# graphql-core quotes whatever the parser of a scalar raised, and proposes names nobody asked for.
PARSER_FAILURE = re.compile(r", but encountered error '.*?'; found", re.DOTALL)
SUGGESTION = re.compile(r" Did you mean [^?]*\?")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Problem:
    """An error with its code; `extensions` holds what else the client is told."""

    code: Code
    message: str
    locations: tuple[tuple[int, int], ...] = ()
    path: tuple[str | int, ...] | None = None
    extensions: dict[str, Any] = field(default_factory=dict)

    def formatted(self, request_id: str) -> dict[str, Any]:
        """The error as GraphQL's response format has it."""
        result: dict[str, Any] = {"message": self.message}
        if self.locations:
            result["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path is not None:
            result["path"] = self.path
        result["extensions"] = {"code": self.code.value, "requestId": request_id, **self.extensions}
        return result


def from_exception(error: Exception) -> Problem:
    """The problem that an exception is to a client; one without a known code is logged and masked."""
    if isinstance(error, GraphError) and error.extensions.get("code") in Code.__members__:
        told = {name: value for name, value in error.extensions.items() if value is not None}
        return Problem(Code[told.pop("code")], error.message, extensions=told)
    log.error("request failed", exc_info=error)
    return Problem(Code.INTERNAL_SERVER_ERROR, MASKED)


def from_document(code: Code, error: GraphQLError) -> Problem:
    """The problem of a document that cannot be parsed or does not fit the schema."""
    return Problem(code, readable(error.message), locations_of(error))


def from_execution(error: GraphQLError, *, is_development: bool) -> Problem:
    """The problem of an executed operation or one of its fields."""
    if is_about_input(error):
        message = readable(error.message if is_development else without_suggestion(error.message))
        problem = Problem(Code.BAD_USER_INPUT, message)
    else:
        problem = from_exception(cause_of(error))
        if problem.code is not Code.INTERNAL_SERVER_ERROR:
            # The executor may have added to the cause's message how often the same happened.
            problem = replace(problem, message=error.message)
    path = None if error.path is None else tuple(error.path)
    return replace(problem, locations=locations_of(error), path=path)


def is_about_input(error: GraphQLError) -> bool:
    """Whether graphql-core refused a variable, or an argument that a variable left without a value."""
    if error.nodes:
        return all(isinstance(node, (VariableDefinitionNode, ValueNode)) for node in error.nodes)
    return error.path is None and error.original_error is None


def cause_of(error: Exception) -> Exception:
    """The exception that started it."""
    while isinstance(error, GraphQLError) and error.original_error:
        error = error.original_error
    return error


def locations_of(error: GraphQLError) -> tuple[tuple[int, int], ...]:
    """Lines and columns of the document."""
    return tuple((location.line, location.column) for location in error.locations or ())


def readable(message: str) -> str:
    """A message without the text of inner exceptions, and not longer than anyone reads."""
    message = replaced(PARSER_FAILURE, "'; found", ", found", message)
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def without_suggestion(message: str) -> str:
    """A message that proposes no names."""
    return replaced(SUGGESTION, "?", "", message)


def replaced(pattern: re.Pattern[str], ending: str, by: str, message: str) -> str:
    """The message with other words for the pattern, looked for up to the last of its endings only.

    Past it each beginning, of which a client can send thousands, would be followed to the end of the message.
    """
    head, end, rest = message.rpartition(ending)
    return pattern.sub(by, head + end) + rest
