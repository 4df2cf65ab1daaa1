"""The Revenue tab shows pipelines as boards whose counts and sums are those of the records."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.money import Money
from tabard.records import tables
from tabard.testing import Gateway

BOARD = """query ($pipeline: ID, $first: Int = 20) {
  workspace { revenue { board(pipeline: $pipeline) {
    pipeline { id label objectType }
    stages {
      label recordCount
      totals { amount currencyCode }
      stage { label pipeline { label } }
      deals(first: $first) { totalCount nodes { name stage { label } company { name } owner { name } } }
      tickets(first: $first) { totalCount nodes { name stage { label } } }
    }
  } } }
}"""


async def board(gateway: Gateway, **variables: Any) -> Any:
    return (await gateway.query(BOARD, variables))["workspace"]["revenue"]["board"]


@pytest.mark.row("F1")
async def test_each_stage_has_the_count_and_the_sum_of_its_deals(gateway: Gateway) -> None:
    counts: Counter[str] = Counter()
    sums: dict[str, dict[str, Decimal]] = defaultdict(dict)
    deal, stage = tables.deal, tables.stage
    rows = await gateway.fetch(
        sa.select(stage.c.label, deal.c.amount_minor, deal.c.amount_currency).select_from(
            deal.join(stage, stage.c.id == deal.c.stage_id)
        )
    )
    for label, minor, currency in rows:
        counts[label] += 1
        money = Money.from_minor(minor, currency)
        if money is not None:
            sums[label][money.currency_code] = sums[label].get(money.currency_code, Decimal(0)) + money.amount
    shown = await board(gateway)
    assert {item["label"]: item["recordCount"] for item in shown["stages"] if item["recordCount"]} == counts
    assert {
        item["label"]: {total["currencyCode"]: Decimal(total["amount"]) for total in item["totals"]}
        for item in shown["stages"]
        if item["totals"]
    } == sums
    assert sum(item["deals"]["totalCount"] for item in shown["stages"]) == len(rows)


async def test_cards_lie_in_their_own_stage_and_no_stage_shows_more_than_asked(gateway: Gateway) -> None:
    shown = await board(gateway, first=5)
    for item in shown["stages"]:
        assert len(item["deals"]["nodes"]) == min(5, item["recordCount"])
        assert {card["stage"]["label"] for card in item["deals"]["nodes"]} <= {item["label"]}
        assert item["stage"]["pipeline"]["label"] == shown["pipeline"]["label"]


@pytest.mark.row("F2")
async def test_the_switcher_offers_deal_and_ticket_pipelines_and_the_board_shows_either(
    gateway: Gateway,
) -> None:
    listed = await gateway.query("{ workspace { revenue { pipelines { nodes { id objectType } } } } }")
    pipelines = listed["workspace"]["revenue"]["pipelines"]["nodes"]
    assert [item["objectType"] for item in pipelines] == ["deal", "ticket"]
    tickets = await board(gateway, pipeline=pipelines[1]["id"])
    assert tickets["pipeline"]["objectType"] == "ticket"
    assert sum(item["recordCount"] for item in tickets["stages"]) == sum(
        item["tickets"]["totalCount"] for item in tickets["stages"]
    )
    assert all(item["totals"] == [] and item["deals"]["nodes"] == [] for item in tickets["stages"])


async def test_a_pipeline_that_is_not_the_boards_gives_no_board(gateway: Gateway) -> None:
    listed = await gateway.query("{ pipelines { nodes { id objectType } } }")
    services = next(item["id"] for item in listed["pipelines"]["nodes"] if item["objectType"] == "service")
    foreign = await gateway.some_id("pipeline", "other")
    for id in (services, foreign, await gateway.some_id("company"), "nonsense"):
        assert await board(gateway, pipeline=id) is None


BUDGET = """{ workspace { revenue { board { stages {
  label recordCount totals { amount }
  deals(first: 20) { nodes { name company { name } owner { name } } }
} } } } }"""


async def test_a_board_of_six_stages_with_company_and_owner_costs_six_statements(gateway: Gateway) -> None:
    answer = await gateway.execute(BUDGET)
    assert answer.errors == []
    assert answer.data is not None
    assert len(answer.data["workspace"]["revenue"]["board"]["stages"]) == 6
    assert answer.statements == 6


async def test_a_board_whose_counts_are_not_selected_does_not_count(gateway: Gateway) -> None:
    answer = await gateway.execute("{ workspace { revenue { board { stages { label } } } } }")
    assert answer.errors == []
    assert answer.statements == 3
