"""GET: queries in an address, from callers that are no foreign page."""

import json
from typing import Any

import httpx2
import pytest

from gateway.codes import Code
from gateway.media import GRAPHQL_RESPONSE
from gateway.query_string import PREFLIGHT

ASKED = {"graphql-require-preflight": "1", "accept": GRAPHQL_RESPONSE}


async def get(client: httpx2.AsyncClient, headers: dict[str, str] | None = None, **params: Any) -> Any:
    """The answer to an address with these parameters."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
    return await client.get("/graphql", params=texts, headers=ASKED if headers is None else headers)


def code(response: httpx2.Response) -> str:
    """The code of the first error."""
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("header", PREFLIGHT)
async def test_a_query_is_answered_when_a_header_shows_that_no_foreign_page_asks(
    client: httpx2.AsyncClient, header: str
) -> None:
    response = await get(client, {header: "1"}, query="{ hello }")
    assert (response.status_code, response.json()["data"]) == (200, {"hello": "Hello, world!"})


async def test_a_bearer_token_shows_it_too(client: httpx2.AsyncClient) -> None:
    response = await get(client, {"authorization": "Bearer good"}, query="{ viewerName }")
    assert (response.status_code, response.json()["data"]) == (200, {"viewerName": "Ada"})


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-requested-with": ""},
        {"content-type": "text/plain"},
        {"authorization": "Basic YWRhOnNlY3JldA=="},
        {"authorization": "Bearer"},
    ],
)
async def test_a_request_that_any_page_could_send_is_refused(
    client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    response = await get(client, headers, query="{ hello }")
    assert (response.status_code, code(response)) == (403, Code.CSRF_PREVENTED)


async def test_variables_operation_and_extensions_are_read_from_the_address(
    client: httpx2.AsyncClient,
) -> None:
    response = await get(
        client,
        query="query A($n: String!) { hello(name: $n) } query B { hello }",
        operationName="A",
        variables={"n": "é+ &"},
        extensions={"anything": 1},
        other="ignored",
    )
    assert response.json()["data"] == {"hello": "Hello, é+ &!"}


@pytest.mark.parametrize("query", ["{ hello }", "query A { hello }"])
async def test_what_is_empty_is_left_out(client: httpx2.AsyncClient, query: str) -> None:
    response = await get(client, query=query, operationName="", variables="", extensions="")
    assert response.json()["data"] == {"hello": "Hello, world!"}


async def test_a_mutation_is_told_to_come_by_post(client: httpx2.AsyncClient) -> None:
    response = await get(client, query='mutation { rename(name: "x") }')
    assert (response.status_code, code(response)) == (405, Code.METHOD_NOT_ALLOWED)
    assert response.headers["allow"] == "POST"
    named = await get(client, query='query A { hello } mutation B { rename(name: "x") }', operationName="A")
    assert named.status_code == 200


async def test_the_methods_are_told_to_who_asks_for_options(client: httpx2.AsyncClient) -> None:
    response = await client.options("/graphql")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, POST, OPTIONS"
