"""Retries: a change sent twice with one idempotency key over HTTP is done once."""

import pytest

from tabard import Plugin
from tabard.testing import Gateway
from tests.support.asking import asking
from tests.support.databases import bundled

CREATE = """
mutation ($name: String!) {
  workspaceCreate(input: {name: $name}) { workspace { id name } userErrors { message } }
}
"""
KEY = {"idempotency-key": "7c0a4f0e"}


@pytest.fixture
def plugins() -> list[Plugin]:
    """The bundled plugins."""
    return bundled()


@pytest.mark.promise("P18")
async def test_a_change_sent_twice_with_one_key_is_done_once(demo_url: str, plugins: list[Plugin]) -> None:
    async with Gateway.on(demo_url, *plugins) as gateway, asking(gateway, *plugins, url=demo_url) as asker:
        first = await asker.ask(CREATE, persona="super-admin", variables={"name": "Key accounts"}, **KEY)
        again = await asker.ask(CREATE, persona="super-admin", variables={"name": "Key accounts"}, **KEY)
        other = await asker.ask(CREATE, persona="super-admin", variables={"name": "Others"}, **KEY)
        named = await asker.ask("{ workspaces { name } }", persona="super-admin")

    assert first["data"]["workspaceCreate"]["workspace"]["name"] == "Key accounts"
    assert again == first
    assert [error["extensions"]["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    names = [workspace["name"] for workspace in named["data"]["workspaces"]]
    assert names.count("Key accounts") == 1
    assert "Others" not in names
