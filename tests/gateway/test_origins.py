"""Origins: listed pages may ask, foreign ones are refused, and nobody is reflected."""

from typing import Any

import httpx2
import pytest

from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.head import Head
from gateway.origins import is_allowed

APP = "https://app.example.com"
LISTED = pytest.mark.parametrize("settings", [{"allowed_origins": f"{APP}, http://localhost:5173"}])
FOREIGN = [
    "https://evil.example",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://APP.example.com",
    "null",
    "*",
    "",
    "file://",
    "https://app.example.com/",
    "http://testserver.evil.example",
    "http://testserver@evil.example",
    "http://[::1",
]


async def ask(client: httpx2.AsyncClient, origin: str, method: str = "POST", **headers: str) -> Any:
    """The answer to a page of an origin."""
    return await client.request(
        method, "/graphql", json={"query": "{ hello }"}, headers={"origin": origin, **headers}
    )


async def preflight(client: httpx2.AsyncClient, origin: str, **headers: str) -> httpx2.Response:
    """What a browser asks before it sends a page's request."""
    asked = {"access-control-request-method": "POST", **headers}
    return await client.options("/graphql", headers={"origin": origin, **asked})


@LISTED
async def test_a_listed_page_may_ask_and_read_with_a_token_but_without_cookies(
    client: httpx2.AsyncClient,
) -> None:
    wanted = "authorization, content-type, x-anything"
    leave = await preflight(client, APP, **{"access-control-request-headers": wanted})
    assert leave.status_code == 200
    assert leave.headers["access-control-allow-origin"] == APP
    assert leave.headers["access-control-allow-headers"] == wanted
    assert set(leave.headers["access-control-allow-methods"].split(", ")) == {"GET", "POST"}
    answer = await ask(client, APP)
    assert answer.json()["data"] == {"hello": "Hello, world!"}
    assert answer.headers["access-control-allow-origin"] == APP
    assert "Origin" in answer.headers["vary"]
    for response in (leave, answer):
        assert "access-control-allow-credentials" not in response.headers


@LISTED
async def test_a_listed_page_may_reach_a_server_in_a_private_network(client: httpx2.AsyncClient) -> None:
    asked = {"access-control-request-private-network": "true"}
    leave = await preflight(client, APP, **asked)
    assert leave.status_code == 200
    assert leave.headers["access-control-allow-private-network"] == "true"
    refused = await preflight(client, "https://evil.example", **asked)
    assert refused.json()["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"


@pytest.mark.promise("P8")
@LISTED
@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_is_refused_and_not_reflected(client: httpx2.AsyncClient, origin: str) -> None:
    for response in (await preflight(client, origin), await ask(client, origin)):
        assert response.status_code == 403
        assert response.json()["errors"][0]["extensions"]["code"] == Code.ORIGIN_NOT_ALLOWED
        assert not [name for name in response.headers if name.startswith("access-control-")]


@LISTED
@pytest.mark.parametrize("method", ["PUT", "DELETE", "post"])
async def test_a_listed_page_that_asks_for_another_method_is_told_which_there_are(
    client: httpx2.AsyncClient, method: str
) -> None:
    response = await preflight(client, APP, **{"access-control-request-method": method})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert response.json()["errors"][0]["extensions"]["code"] == Code.METHOD_NOT_ALLOWED


@pytest.mark.promise("P8")
async def test_no_page_is_listed_unless_the_operator_lists_it(client: httpx2.AsyncClient) -> None:
    assert (await ask(client, APP)).status_code == 403


async def test_pages_of_the_server_itself_and_programs_may_always_ask(client: httpx2.AsyncClient) -> None:
    for origin in ("http://testserver", "https://testserver", "https://TestServer"):
        assert (await ask(client, origin)).json()["data"] == {"hello": "Hello, world!"}


async def test_a_request_with_two_origins_is_refused(client: httpx2.AsyncClient) -> None:
    headers = [("origin", "http://testserver"), ("origin", "https://evil.example")]
    response = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*.example.com", "app.example.com", "https://a.example/path", "https://a b", "null"],
)
def test_what_is_no_origin_cannot_be_listed(origin: str) -> None:
    with pytest.raises(ValueError, match="an origin is a scheme and a host"):
        Configuration(allowed_origins=origin)  # type: ignore[arg-type]


def test_a_request_without_a_host_has_no_pages_of_its_own() -> None:
    assert not is_allowed(Head({"headers": [(b"origin", b"https://app.example.com")]}), ())
