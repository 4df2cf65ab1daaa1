"""Scopes: requests as a server hands them to an application, for tests that play the client themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def posted(token: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The scope of a POST of JSON to `/graphql` by whom the token names."""
    given = {"content-type": "application/json", "authorization": f"Bearer {token}", **headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("demo", 80),
    }
