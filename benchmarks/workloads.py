"""Workloads: what both servers are asked, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

DOCUMENTS: Final = {
    "viewer": "{ viewer { name isSuperAdmin hasServiceSeat locale timeZone } }",
    "page": """{ companies(first: 50) {
        nodes { id name domain industry country employeeCount renewalOn createdAt }
        pageInfo { hasNextPage endCursor } } }""",
    "nested": """{ companies(first: 50) { nodes { id name owner { id name }
        contacts(first: 3) { nodes { id email } }
        deals(first: 3) { nodes { id name stage { id label } } } } } }""",
    "board": """{ workspace { revenue { board { stages { label recordCount totals { amount currencyCode }
        deals(first: 20) { nodes { id name company { id name } owner { id name } } } } } } } }""",
    "rows": """{ companies(first: 1000) { nodes {
        id name domain industry country employeeCount renewalOn createdAt updatedAt version } } }""",
    "few": """{ companies(first: 20) { nodes {
        id name domain industry country employeeCount renewalOn createdAt updatedAt version } } }""",
    "tiny": "{ __typename }",
    "move": """mutation ($record: ID!, $stage: ID!) {
        recordMoveStage(input: {record: $record, stage: $stage}) {
            record { id version } userErrors { code } } }""",
}
REQUESTS: Final = {
    "viewer": 2_000,
    "page": 800,
    "nested": 96,
    "board": 96,
    "rows": 32,
    "few": 320,
    "tiny": 2_000,
    "move": 192,
}
GOALS: Final = {
    "viewer": 1.3,
    "page": 1.3,
    "nested": 2.0,
    "board": 2.0,
    "rows": 1.3,
    "few": 1.3,
    "tiny": 1.3,
    "move": 1.3,
}


@dataclass(frozen=True)
class Workload:
    """One document with the bodies to send in turn."""

    name: str
    variables: list[dict[str, Any]]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The requests' bodies."""
        return [{"query": DOCUMENTS[self.name], "variables": item} for item in self.variables]
