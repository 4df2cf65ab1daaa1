"""Idempotency keys: the two places where a client may put one."""

from typing import Any

import httpx2
import pytest

QUERY = "{ idempotencyKey }"


async def ask(client: httpx2.AsyncClient, headers: Any = (), **extensions: Any) -> httpx2.Response:
    """Asks which key the graph is given."""
    body = {"query": QUERY, "extensions": extensions}
    return await client.post("/graphql", json=body, headers=headers)


@pytest.mark.promise("P18")
@pytest.mark.parametrize(
    ("headers", "extensions", "key"),
    [
        ({}, {}, None),
        ({"idempotency-key": "k-1"}, {}, "k-1"),
        ({}, {"idempotencyKey": "k-2"}, "k-2"),
        ({"idempotency-key": "k-3"}, {"idempotencyKey": "k-3"}, "k-3"),
        ({}, {"idempotencyKey": None}, None),
    ],
)
async def test_a_key_is_read_from_the_header_or_the_extensions(
    client: httpx2.AsyncClient, headers: dict[str, str], extensions: dict[str, Any], key: str | None
) -> None:
    response = await ask(client, headers, **extensions)

    assert response.json()["data"] == {"idempotencyKey": key}


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("headers", "extensions"),
    [
        ({"idempotency-key": "k-1"}, {"idempotencyKey": "k-2"}),
        ([("idempotency-key", "k-1"), ("idempotency-key", "k-2")], {}),
        ({"idempotency-key": ""}, {}),
        ({}, {"idempotencyKey": ["k-1"]}),
        ({}, {"idempotencyKey": 7}),
    ],
)
async def test_a_key_that_is_unclear_is_refused(
    client: httpx2.AsyncClient, headers: Any, extensions: dict[str, Any]
) -> None:
    response = await ask(client, headers, **extensions)

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"].startswith(
        "The idempotency key is no plain text, or two different ones are given."
    )
