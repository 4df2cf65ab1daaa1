"""Fixtures: the event loop, and a gateway over a demo portal."""

from collections.abc import AsyncIterator

import pytest
from renewals_tab import tab
from tabard.testing import Gateway


@pytest.fixture
def anyio_backend() -> str:
    """Tabard runs on asyncio."""
    return "asyncio"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """The core and the Renewals tab over the demo, with the tab shown in the manager's workspace."""
    async with Gateway.demo(tab) as made:
        await made.query(SHOW, {"workspace": await workspace_of(made)}, persona="manager")
        yield made


async def workspace_of(gateway: Gateway) -> str:
    """The id of the manager's workspace."""
    data = await gateway.query("{ workspace { id } }", persona="manager")
    return str(data["workspace"]["id"])


SHOW = """
mutation ($workspace: ID!) {
  workspaceTabSetVisible(input: {workspace: $workspace, tab: "renewals", visible: true}) {
    userErrors { message }
  }
}
"""
