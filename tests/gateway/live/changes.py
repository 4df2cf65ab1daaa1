"""Changes: what tests subscribe to, and how they make it happen."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.support.services import Running

CHANGED = """
subscription ($ids: [ID!], $after: String) {
  recordChanged(ids: $ids, after: $after) { cursor kind changed recordId record { id ... on Company { name } } }
}
"""
RENAME = """
mutation ($record: ID!, $name: String!) {
  recordUpdate(input: {record: $record, properties: [{key: "name", value: {text: $name}}]}) {
    userErrors { message }
  }
}
"""


async def asked(server: Running, token: str, query: str, **variables: Any) -> Any:
    """The data that a query gives over HTTP."""
    async with httpx2.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{server.http}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
        )
    answer = response.json()
    assert "errors" not in answer, answer
    return answer["data"]


async def company_of(server: Running, token: str) -> str:
    """The id of a company that the caller sees."""
    found = await asked(server, token, "{ companies(first: 1) { nodes { id } } }")
    return str(found["companies"]["nodes"][0]["id"])


async def rename(server: Running, token: str, record: str, name: str) -> None:
    """Changes a record's name."""
    done = await asked(server, token, RENAME, record=record, name=name)
    assert done == {"recordUpdate": {"userErrors": []}}
