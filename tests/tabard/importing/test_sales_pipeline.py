"""The public sales-pipeline data set, by the mapping in examples/: the portal says what the files say."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.records import tables
from tests.tabard.importing.importer import PORTAL, Importer

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / ".." / "shared" / "data" / "sales-pipeline"
MAPPING = ROOT / "examples" / "sales-pipeline" / "mapping.toml"
CREATED = {"team": 6, "user": 41, "company": 85, "deal": 8800}
BOARD = "{ workspace { revenue { board { stages { label recordCount totals { amount currencyCode } } } } } }"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="THE SALES-PIPELINE DATA WAS NOT TESTED: its folder is missing"
)


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a file, read by nothing of ours."""
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def test_portal_says_what_the_files_say_however_often_they_are_imported(importer: Importer) -> None:
    first = await importer.run(MAPPING, DATA)
    assert {noun: tally.created for noun, tally in first.tallies.items()} == CREATED
    await check_board(importer)
    await check_companies(importer)
    await check_teams(importer)
    await check_deals(importer)
    before = await everything(importer)
    second = await importer.run(MAPPING, DATA)
    assert {noun: tally.unchanged for noun, tally in second.tallies.items()} == CREATED
    assert await everything(importer) == before


async def everything(importer: Importer) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    written = [table for table in tables.metadata.sorted_tables if table.name != "node_lease"]
    rows = {table.name: await importer.gateway.fetch(sa.select(table), PORTAL) for table in written}
    return {name: sorted(found, key=repr) for name, found in rows.items()}


async def check_board(importer: Importer) -> None:
    """The Revenue board shows the file's counts and sums, and the deals with company and owner."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for row in rows_of("sales_pipeline.csv"):
        counts[row["deal_stage"]] += 1
        sums[row["deal_stage"]] += int(row["close_value"] or 0)
    data = await importer.gateway.query(BOARD, persona="super-admin", portal=PORTAL)
    stages = data["workspace"]["revenue"]["board"]["stages"]
    assert [stage["label"] for stage in stages] == ["Prospecting", "Engaging", "Won", "Lost"]
    for stage in stages:
        assert stage["recordCount"] == counts[stage["label"]]
        worth = {total["currencyCode"]: Decimal(total["amount"]) for total in stage["totals"]}
        assert worth.get("USD", 0) == sums[stage["label"]]
        assert set(worth) <= {"USD"}


async def check_companies(importer: Importer) -> None:
    """Accounts are companies with parents and revenue."""
    company, parent = tables.company, tables.company.alias("parent_company")
    joined = company.outerjoin(parent, parent.c.id == company.c.parent_id)
    columns = (
        company.c.name,
        company.c.country,
        company.c.employee_count,
        company.c.annual_revenue_minor,
        company.c.annual_revenue_currency,
        parent.c.name,
    )
    expected = [
        (
            row["account"],
            row["office_location"].replace("Philipines", "Philippines"),
            int(row["employees"]),
            int(Decimal(row["revenue"]) * 1_000_000 * 100),
            "USD",
            row["subsidiary_of"] or None,
        )
        for row in rows_of("accounts.csv")
    ]
    assert sorted(await importer.rows(*columns, of=joined)) == sorted(expected)
    years = await importer.custom(company, "year_established", "number_value")
    assert years == {row["account"]: Decimal(row["year_established"]) for row in rows_of("accounts.csv")}
    sectors = {row[0] for row in await importer.rows(company.c.industry)}
    assert "technology" in sectors
    assert "technolgy" not in sectors


async def check_teams(importer: Importer) -> None:
    """Agents are in their managers' teams, and managers may change settings."""
    user, team, member = tables.user, tables.team, tables.team_member
    joined = user.join(member, member.c.user_id == user.c.id).join(team, team.c.id == member.c.team_id)
    found = await importer.rows(user.c.external_id, team.c.external_id, team.c.name, of=joined)
    rows = rows_of("sales_teams.csv")
    agents = {
        (row["sales_agent"], row["manager"], f"{row['regional_office']}: {row['manager']}") for row in rows
    }
    managers = {
        (row["manager"], row["manager"], f"{row['regional_office']}: {row['manager']}") for row in rows
    }
    assert sorted(found) == sorted(agents | managers)
    assert len(agents) == 35
    permission = tables.user_permission
    held = await importer.rows(
        user.c.external_id,
        permission.c.permission,
        of=user.join(permission, permission.c.user_id == user.c.id),
    )
    manage = {name for name, held_ in held if held_ == "MANAGE_CUSTOMER_SUCCESS_SETTINGS"}
    assert manage == {row["manager"] for row in rows}
    seated = await importer.rows(user.c.has_seat, where=user.c.external_id.is_not(None))
    assert set(seated) == {(True,)}
    assert len(seated) == 41


async def check_deals(importer: Importer) -> None:
    """Deals have account, owner, dates and product; GTXPro is GTX Pro."""
    deal, company, user = tables.deal, tables.company, tables.user
    joined = deal.outerjoin(company, company.c.id == deal.c.company_id).join(
        user, user.c.id == deal.c.owner_id
    )
    columns = (deal.c.external_id, company.c.name, user.c.name, deal.c.close_on, deal.c.amount_minor)
    found = {row[0]: row[1:] for row in await importer.rows(*columns, of=joined)}
    products = await importer.custom(deal, "product", "text_value")
    engaged = await importer.custom(deal, "engaged_on", "date_value")
    for row in rows_of("sales_pipeline.csv"):
        key = row["opportunity_id"]
        company_name, agent, closed, amount = found.pop(key)
        assert (company_name or "", agent) == (row["account"], row["sales_agent"])
        assert _day(closed) == row["close_date"]
        assert _day(engaged.get(key)) == row["engage_date"]
        assert amount == (int(row["close_value"]) * 100 if row["close_value"] else None)
        assert products[key] == row["product"].replace("GTXPro", "GTX Pro")
    assert not found


def _day(value: Any) -> str:
    return f"{value:%d-%m-%Y}" if value else ""
