"""The Renewals tab, asked as a manager would ask it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from renewals_tab import tab
from tabard.testing import Gateway

SHOW = """
mutation ($workspace: ID!) {
  workspaceTabSetVisible(input: {workspace: $workspace, tab: "renewals", visible: true}) {
    userErrors { message }
  }
}
"""
SET = """
mutation ($company: ID!, $dueOn: Date!) {
  renewalSet(input: {company: $company, dueOn: $dueOn}) {
    company { renewsOn }
    userErrors { code message }
  }
}
"""
HORIZON = """
mutation ($workspace: ID!, $days: Int) {
  renewalsSettingsUpdate(input: {workspace: $workspace, settings: {horizonDays: $days}}) {
    workspace { renewals { settings { horizonDays } } }
    userErrors { code path message }
  }
}
"""
UPCOMING = "{ workspace { renewals { upcoming { totalCount nodes { id renewsOn } } } } }"


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


def in_days(days: int) -> date:
    """A day from now on; the demo lies around today."""
    return datetime.now(UTC).date() + timedelta(days=days)


async def renew(gateway: Gateway, company: str, on: date) -> Any:
    variables = {"company": company, "dueOn": on.isoformat()}
    return (await gateway.query(SET, variables, persona="manager"))["renewalSet"]


async def upcoming(gateway: Gateway) -> Any:
    return (await gateway.query(UPCOMING, persona="manager"))["workspace"]["renewals"]["upcoming"]


async def test_a_customer_that_renews_within_the_horizon_is_upcoming(gateway: Gateway) -> None:
    company, soon = await gateway.some_id("company"), in_days(30)

    saved = await renew(gateway, company, soon)

    assert saved == {"company": {"renewsOn": soon.isoformat()}, "userErrors": []}
    node = {"id": company, "renewsOn": soon.isoformat()}
    assert await upcoming(gateway) == {"totalCount": 1, "nodes": [node]}


async def test_a_shorter_horizon_leaves_a_later_customer_out(gateway: Gateway) -> None:
    await renew(gateway, await gateway.some_id("company"), in_days(30))
    workspace = await workspace_of(gateway)

    data = await gateway.query(HORIZON, {"workspace": workspace, "days": 7}, persona="manager")

    saved = data["renewalsSettingsUpdate"]
    assert saved == {"workspace": {"renewals": {"settings": {"horizonDays": 7}}}, "userErrors": []}
    assert (await upcoming(gateway))["totalCount"] == 0


async def test_a_horizon_of_no_days_is_refused(gateway: Gateway) -> None:
    workspace = await workspace_of(gateway)

    data = await gateway.query(HORIZON, {"workspace": workspace, "days": 0}, persona="manager")

    assert data["renewalsSettingsUpdate"]["userErrors"] == [
        {
            "code": "INVALID",
            "path": ["input", "settings", "horizonDays"],
            "message": "The setting 'horizonDays' must be between 1 and 365.",
        }
    ]


async def test_the_tab_is_hidden_until_an_admin_shows_it() -> None:
    async with Gateway.demo(tab) as fresh:
        assert await fresh.query("{ workspace { renewals { upcoming { totalCount } } } }") == {
            "workspace": {"renewals": None}
        }


async def test_the_dates_of_many_customers_cost_one_statement(gateway: Gateway) -> None:
    one = await gateway.execute("{ companies(first: 1) { nodes { renewsOn } } }", persona="manager")
    many = await gateway.execute("{ companies(first: 50) { nodes { renewsOn } } }", persona="manager")

    assert one.errors == many.errors == []
    assert one.statements == many.statements
