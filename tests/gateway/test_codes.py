"""The table of codes: complete, and with the statuses that clients rely on."""

import inspect

import pytest

import tabard.errors
from gateway.codes import Code
from tabard.errors import GraphError

STATUSES = {
    400: {
        "BAD_REQUEST", "BATCHING_DISABLED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT", "INVALID_CURSOR", "PAGE_SIZE_EXCEEDED",
        "TOKEN_LIMIT_EXCEEDED", "DEPTH_LIMIT_EXCEEDED", "ALIAS_LIMIT_EXCEEDED", "DIRECTIVE_LIMIT_EXCEEDED",
        "FIELD_LIMIT_EXCEEDED", "ROOT_FIELD_LIMIT_EXCEEDED", "MUTATION_LIMIT_EXCEEDED", "FRAGMENT_LIMIT_EXCEEDED",
        "VARIABLE_LIMIT_EXCEEDED", "DUPLICATE_LIMIT_EXCEEDED", "OVERLAP_LIMIT_EXCEEDED", "CURSOR_EXPIRED",
        "NODE_LIMIT_EXCEEDED", "COST_LIMIT_EXCEEDED", "ANSWER_TOO_LARGE", "INTROSPECTION_DISABLED",
        "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_HASH_MISMATCH",
    },
    401: {"UNAUTHENTICATED"},
    403: {"FORBIDDEN", "CSRF_PREVENTED", "ORIGIN_NOT_ALLOWED", "OPERATION_NOT_ALLOWED"},
    404: {"NOT_FOUND"},
    405: {"METHOD_NOT_ALLOWED"},
    406: {"NOT_ACCEPTABLE"},
    408: {"REQUEST_TIMEOUT"},
    409: {"IDEMPOTENCY_KEY_REUSED"},
    413: {"PAYLOAD_TOO_LARGE"},
    415: {"UNSUPPORTED_MEDIA_TYPE"},
    429: {"RATE_LIMITED", "STREAM_LIMIT_EXCEEDED"},
    500: {"PLUGIN_ERROR", "INTERNAL_SERVER_ERROR"},
    503: {"OVERLOADED", "UNAVAILABLE"},
    504: {"DEADLINE_EXCEEDED"},
}  # fmt: skip
AS_HTTP = {"BAD_REQUEST", "BATCHING_DISABLED", "PERSISTED_QUERY_HASH_MISMATCH"}


def test_each_code_has_its_status() -> None:
    found: dict[int, set[str]] = {}
    for code in Code:
        found.setdefault(code.status, set()).add(code)
    assert found == STATUSES


def test_callers_of_plain_json_get_200_for_what_concerns_the_document() -> None:
    assert {code for code in Code if code.json_status == 200} == STATUSES[400] - AS_HTTP
    assert all(code.json_status in {200, code.status} for code in Code)


@pytest.mark.parametrize("code", Code)
def test_each_code_says_what_it_means_and_what_to_do(code: Code) -> None:
    assert code.name == code.value == str(code)
    for sentence in (code.meaning, code.remedy):
        assert sentence[0].isupper() or sentence[0] == "`"
        assert sentence.endswith(".")


def test_each_error_that_reaches_clients_has_a_code_of_the_table() -> None:
    errors = [
        kind for _, kind in inspect.getmembers(tabard.errors, inspect.isclass) if issubclass(kind, GraphError)
    ]
    assert len(errors) > 5
    assert {kind.code for kind in errors} <= set(Code)
