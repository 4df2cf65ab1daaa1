"""Answers: status, media type and form, for each way in which a request can end."""

from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from gateway.codes import Code
from gateway.media import GRAPHQL_RESPONSE, JSON
from gateway.problem import MASKED
from tests.gateway.sample import SECRET


async def ask(
    client: httpx2.AsyncClient,
    query: str,
    *,
    accept: str = GRAPHQL_RESPONSE,
    token: str | None = None,
    **members: Any,
) -> httpx2.Response:
    """Sends one well-formed request."""
    headers = {"accept": accept} | ({"authorization": f"Bearer {token}"} if token else {})
    return await client.post("/graphql", json={"query": query, **members}, headers=headers)


def error(response: httpx2.Response) -> dict[str, Any]:
    """The only error of an answer, without the request's id, which must be that of the header."""
    (only,) = response.json()["errors"]
    assert only["extensions"].pop("requestId") == response.headers["x-request-id"]
    result: dict[str, Any] = only
    return result


@pytest.mark.parametrize("accept", [GRAPHQL_RESPONSE, JSON, "*/*"])
async def test_a_query_is_answered_in_the_type_that_was_asked_for(
    client: httpx2.AsyncClient, accept: str
) -> None:
    response = await ask(
        client, "query ($n: String!) { hello(name: $n) }", accept=accept, variables={"n": "é🙂"}
    )
    expected = JSON if accept == "*/*" else accept
    assert (response.status_code, response.headers["content-type"]) == (200, f"{expected}; charset=utf-8")
    assert response.content.startswith('{"data":{"hello":"Hello, é🙂!"},'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ hello }", "variables": null, "operationName": null, "extensions": null}',
        b'{"query": "{ hello }", "documentId": null, "unknown": [1]}',
        b'{"query": "query A { hello } query B { b: hello }", "operationName": "A"}',
        b'{"query": "{ hello } # ' + b"[{" * 500 + b'"}',
        b'{"query": "{ hello }", "extensions": ' + b'{"a":' * 60 + b"1" + b"}" * 61,
        b' \r\n{"query" : "\\u007b hello \\u007d"}\t',
    ],
)
async def test_a_body_may_say_more_than_is_needed(client: httpx2.AsyncClient, body: bytes) -> None:
    for content_type in ("application/json", 'Application/JSON; charset="UTF-8"', "application/json; x=y"):
        response = await client.post("/graphql", content=body, headers={"content-type": content_type})
        assert response.json()["data"] == {"hello": "Hello, world!"}


async def test_a_mutation_is_answered(client: httpx2.AsyncClient) -> None:
    assert (await ask(client, 'mutation { rename(name: "x") }')).json()["data"] == {"rename": "x"}


async def test_the_standard_introspection_query_is_answered(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "{ __schema { queryType { name } } }")
    assert response.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_nobody_is_asked_for_a_token_and_a_token_says_who_asks(client: httpx2.AsyncClient) -> None:
    assert (await ask(client, "{ viewerName }")).json()["data"] == {"viewerName": "Anonymous"}
    assert (await ask(client, "{ viewerName }", token="good")).json()["data"] == {"viewerName": "Ada"}


async def test_an_invalid_token_is_refused_and_the_challenge_says_what_is_wanted(
    client: httpx2.AsyncClient,
) -> None:
    for accept in (GRAPHQL_RESPONSE, JSON):
        response = await ask(client, "{ hello }", accept=accept, token="forged")
        assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="graphql"')
        assert error(response) == {
            "message": "The token is not one of ours.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", Code.GRAPHQL_PARSE_FAILED),
        ("{ nothing }", Code.GRAPHQL_VALIDATION_FAILED),
        ("query A { hello } query B { hello }", Code.OPERATION_RESOLUTION_FAILURE),
        ("query ($n: String!) { hello(name: $n) }", Code.BAD_USER_INPUT),
        ("{ " + "hello " * 41 + "}", Code.DUPLICATE_LIMIT_EXCEEDED),
    ],
)
async def test_what_is_wrong_with_a_document_is_200_to_callers_of_plain_json(
    client: httpx2.AsyncClient, query: str, code: Code
) -> None:
    new, old = [await ask(client, query, accept=accept) for accept in (GRAPHQL_RESPONSE, JSON)]
    assert (new.status_code, old.status_code) == (400, 200)
    assert error(new) == error(old)
    assert new.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in new.json()
    assert "data" not in old.json()


async def test_an_error_says_where_it_is_and_what_the_limit_was(client: httpx2.AsyncClient) -> None:
    assert error(await ask(client, "{\n  nothing }")) == {
        "message": "Cannot query field 'nothing' on type 'Query'.",
        "locations": [{"line": 2, "column": 3}],
        "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
    }
    assert error(await ask(client, "{ " + "hello " * 41 + "}")) == {
        "message": (
            "One response name is selected too often at one place: 41, but at most 40 are allowed. "
            "Select it once, or in one shared fragment."
        ),
        "extensions": {"code": "DUPLICATE_LIMIT_EXCEEDED", "limit": 40, "actual": 41},
    }


@pytest.mark.parametrize(
    ("how", "message", "extensions"),
    [
        ("FORBIDDEN", "A seat is needed to see this.", {"code": "FORBIDDEN", "reason": "SEAT_REQUIRED"}),
        (
            "PLUGIN",
            "The plugin 'renewals' could not answer this field.",
            {"code": "PLUGIN_ERROR", "plugin": "renewals"},
        ),
        ("UNAVAILABLE", "The database does not answer now.", {"code": "UNAVAILABLE", "retryAfter": 2}),
        ("BUG", MASKED, {"code": "INTERNAL_SERVER_ERROR"}),
        ("STRAY_GRAPHQL_ERROR", MASKED, {"code": "INTERNAL_SERVER_ERROR"}),
        ("CODE_OF_NO_TABLE", MASKED, {"code": "INTERNAL_SERVER_ERROR"}),
    ],
)
async def test_a_failing_field_is_null_and_its_neighbour_answers(
    client: httpx2.AsyncClient, how: str, message: str, extensions: dict[str, Any]
) -> None:
    response = await ask(client, f"{{ failing(how: {how}) hello }}")
    assert response.status_code == 200
    assert response.json()["data"] == {"failing": None, "hello": "Hello, world!"}
    assert error(response) == {
        "message": message,
        "locations": [{"line": 1, "column": 3}],
        "path": ["failing"],
        "extensions": extensions,
    }


@pytest.mark.promise("P11")
async def test_what_nobody_foresaw_is_masked_and_stands_in_the_log_with_the_request(
    client: httpx2.AsyncClient,
) -> None:
    with capture_logs() as logs:
        response = await ask(client, "{ failing(how: BUG) }")
    assert SECRET not in response.text
    (entry,) = logs
    assert (entry["event"], entry["log_level"], str(entry["exc_info"])) == ("request failed", "error", SECRET)
    assert entry["exc_info"].__traceback__ is not None


async def test_data_that_is_null_as_a_whole_was_executed(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "{ vital }")
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert error(response)["path"] == ["vital"]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("query", ["{ huge }", "{ hello }"])
@pytest.mark.parametrize("accept", [GRAPHQL_RESPONSE, JSON])
async def test_a_request_that_fails_as_a_whole_is_masked(
    client: httpx2.AsyncClient, query: str, accept: str
) -> None:
    token = "broken" if query == "{ hello }" else None
    response = await ask(client, query, accept=accept, token=token)
    assert response.status_code == 500
    assert error(response) == {"message": MASKED, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


async def test_a_server_that_cannot_answer_now_says_when_to_come_back(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "{ hello }", token="later")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert error(response)["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 2}


async def test_a_variable_that_leaves_an_argument_without_value_is_the_callers_error(
    client: httpx2.AsyncClient,
) -> None:
    query = "query ($n: Int = 5) { companies(first: $n) { id } }"
    response = await ask(client, query, variables={"n": None})
    assert response.status_code == 200
    assert error(response)["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_scalars_own_failure_is_not_quoted(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "query ($d: Date!) { weekday(on: $d) }", variables={"d": 5})
    assert error(response)["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "fromisoformat" not in response.text


async def test_names_are_not_suggested_for_variables_either(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "query ($f: Failure!) { failing(how: $f) }", variables={"f": "FORBIDEN"})
    assert "Did you mean" not in response.text
    assert error(response)["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("settings", [{"development": True}])
async def test_names_are_suggested_in_development(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "query ($f: Failure!) { failing(how: $f) }", variables={"f": "FORBIDEN"})
    assert "Did you mean" in response.text
    assert "Did you mean" in (await ask(client, "{ helo }")).text


@pytest.mark.parametrize("settings", [{"limits": {"errors": 1}}])
async def test_of_many_errors_some_are_shown_of_as_many_fields_as_possible(
    client: httpx2.AsyncClient,
) -> None:
    response = await ask(client, "{ allFailing(count: 20) { a: value b: value } failing(how: PLUGIN) }")
    paths = [error["path"] for error in response.json()["errors"]]
    assert len(paths) == 10
    assert ["failing"] in paths
    assert sum(path[-1] == "a" for path in paths) == 5
    assert sum(path[-1] == "b" for path in paths) == 4
    assert response.json()["extensions"]["omittedErrors"] == 31
