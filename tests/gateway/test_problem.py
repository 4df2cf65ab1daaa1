"""Problems: what of an error reaches a client, and what does not."""

import pytest
from graphql import ExecutionResult, GraphQLError, build_schema, execute_sync, parse
from structlog.testing import capture_logs

from gateway.codes import Code
from gateway.problem import (
    LONGEST_MESSAGE,
    MASKED,
    from_exception,
    from_execution,
    readable,
    without_suggestion,
)
from gateway.response import choose
from tabard.errors import BadUserInput, GraphError, PluginFailure
from tests.gateway.sample import SECRET


def errors_of(text: str, **variables: object) -> list[GraphQLError]:
    """The errors of executing a document on a graph whose scalar fails in its parser."""

    def fail(_: object) -> object:
        raise LookupError(SECRET)

    schema = build_schema("scalar Fragile type Query { field(value: Fragile, number: Int): String }")
    schema.type_map["Fragile"].coerce_input_value = fail  # type: ignore[attr-defined]
    result = execute_sync(schema, parse(text), variable_values=variables)
    assert isinstance(result, ExecutionResult)
    return result.errors or []


@pytest.mark.promise("P11")
def test_what_a_scalars_parser_raised_is_not_quoted() -> None:
    (error,) = errors_of("query ($v: Fragile) { field(value: $v) }", v="x")
    assert SECRET in error.message
    problem = from_execution(error, is_development=False)
    assert problem.code is Code.BAD_USER_INPUT
    assert problem.message == "Variable '$v' has invalid value: Expected value of type 'Fragile', found: 'x'."


def test_a_value_that_looks_like_a_failure_is_kept_and_one_that_follows_is_not() -> None:
    quoted = "found ', but encountered error 'x"
    assert readable(quoted) == quoted
    assert readable(f", but encountered error 'x'; found {quoted}") == f", found {quoted}"
    assert without_suggestion("Why? Did you mean 'a'? Did you mean b") == "Why? Did you mean b"


def test_a_message_is_not_longer_than_anyone_reads() -> None:
    long = GraphQLError("x" * 5_000)
    assert from_execution(long, is_development=False).message == "x" * LONGEST_MESSAGE + "…"


@pytest.mark.promise("P11")
@pytest.mark.parametrize("path", [None, ["field"]])
def test_an_exception_that_an_engine_wraps_is_masked_with_or_without_a_path(path: list[str] | None) -> None:
    error = GraphQLError(
        SECRET, path=path, original_error=GraphQLError(SECRET, original_error=OSError(SECRET))
    )
    with capture_logs() as logs:
        problem = from_execution(error, is_development=True)
    assert (problem.code, problem.message) == (Code.INTERNAL_SERVER_ERROR, MASKED)
    assert isinstance(logs[0]["exc_info"], OSError)


def test_what_an_executor_adds_to_a_message_is_kept() -> None:
    error = GraphQLError(
        "It failed. (3 more like this.)",
        path=["a", 9],
        original_error=PluginFailure("renewals", "It failed."),
    )
    problem = from_execution(error, is_development=False)
    assert problem.message == "It failed. (3 more like this.)"
    assert problem.formatted("0123456789") == {
        "message": "It failed. (3 more like this.)",
        "path": ("a", 9),
        "extensions": {"code": "PLUGIN_ERROR", "requestId": "0123456789", "plugin": "renewals"},
    }


def test_what_an_error_leaves_open_is_not_said() -> None:
    problem = from_exception(BadUserInput("Not so.", reason=None, limit=3))
    assert (problem.code, problem.extensions) == (Code.BAD_USER_INPUT, {"limit": 3})


def test_an_error_without_a_code_of_its_own_is_masked() -> None:
    with capture_logs():
        assert from_exception(ValueError(SECRET)).message == MASKED
    assert from_exception(GraphError("Said on purpose.")).message == "Said on purpose."


def test_of_many_errors_each_field_gets_its_share_in_the_order_of_the_answer() -> None:
    errors = [GraphQLError(name, path=[name, index]) for name in "abc" for index in range(10)]
    assert [error.path for error in choose(errors, 4)] == [["a", 0], ["a", 1], ["b", 0], ["c", 0]]
    assert choose(errors[:4], 4) == errors[:4]
