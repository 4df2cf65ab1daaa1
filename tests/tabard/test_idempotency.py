"""A mutation repeated with its key is done once, by whoever, however and whenever within a day."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

from tabard import Company, Fault, Permission, Plugin, Work
from tabard.idempotency import input_hash
from tabard.nouns.record_mutations import PropertyInput, PropertyValueInput
from tabard.properties import PropertyKind
from tabard.records import journal, tables
from tabard.testing import Gateway
from tests.support.databases import bundled

pytestmark = pytest.mark.promise("P18")

CREATE = """mutation ($name: String!, $count: Decimal! = 7) {
  one: recordCreate(input: { objectType: "company", properties: [
    { key: "name", value: { text: $name } }, { key: "employee_count", value: { number: $count } }
  ] }) { record { id } userErrors { code } }
}"""
TWICE = """mutation {
  one: recordCreate(input: { objectType: "company", properties: [{ key: "name", value: { text: "Two" } }] }) {
    record { id }
  }
  other: recordCreate(input: { objectType: "company", properties: [{ key: "name", value: { text: "Two" } }] }) {
    record { id }
  }
}"""
DELETE = """mutation ($workspace: ID!) {
  workspaceDelete(input: { workspace: $workspace, confirmIrreversible: true }) { deletedId userErrors { code } }
}"""
SPOIL = """mutation ($company: ID!, $how: String!) {
  companySpoil(input: { company: $company, how: $how }) { company { name } userErrors { code reason } }
}"""
LATE = timedelta(hours=24, minutes=1)


async def named(gateway: Gateway, name: str) -> int:
    """How many companies have the name."""
    company = tables.company.c
    return len(await gateway.fetch(sa.select(company.id).where(company.name == name)))


async def keys(gateway: Gateway) -> set[str]:
    """The keys that are remembered."""
    return {row[0] for row in await gateway.fetch(sa.select(journal.idempotency_record.c.key))}


async def test_callers_of_one_moment_wait_and_get_the_result_of_the_first(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.query(CREATE, {"name": "Once"}, key="k") for _ in range(6)))

    assert len({answer["one"]["record"]["id"] for answer in answers}) == 1
    assert await named(gateway, "Once") == 1


async def test_a_key_holds_for_each_response_path_by_itself(gateway: Gateway) -> None:
    first = await gateway.query(TWICE, key="k")
    again = await gateway.query(TWICE, key="k")

    assert first["one"] != first["other"]
    assert again == first
    assert await named(gateway, "Two") == 2


async def test_input_that_means_the_same_is_the_same(gateway: Gateway) -> None:
    first = await gateway.query(CREATE, {"name": "Same", "count": "7"}, key="k")

    assert await gateway.query(CREATE, {"name": "Same", "count": "7.00"}, key="k") == first
    assert await gateway.query(CREATE, {"name": "Same"}, key="k") == first
    other = await gateway.execute(CREATE, {"name": "Same", "count": "8"}, key="k")
    assert other.codes == ["IDEMPOTENCY_KEY_REUSED"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("7"), Decimal("7.0")),
        (Decimal("100"), Decimal("1E+2")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime.fromisoformat("2026-01-01T00:00:00Z")),
    ],
)
def test_equal_values_have_one_digest(one: Any, other: Any) -> None:
    assert input_hash("recordUpdate", {"value": one}) == input_hash("recordUpdate", {"value": other})


def test_different_input_has_different_digests() -> None:
    text = PropertyInput(key="name", value=PropertyValueInput(text="7"))
    number = PropertyInput(key="name", value=PropertyValueInput(number=Decimal(7)))
    cleared = PropertyInput(key="name", value=PropertyValueInput(text=None))
    values: Sequence[Any] = (
        None, strawberry.UNSET, "", 7, "7", Decimal(7), [7], True, date(2026, 1, 1), "2026-01-02",
        PropertyKind.TEXT, text, number, cleared, [text, number], [number, text],
    )  # fmt: skip
    digests = {input_hash("recordUpdate", value) for value in values}

    # A decimal is written as text, and an operation has one type for each place.
    assert len(digests) == len(values) - 1
    assert input_hash("recordCreate", text) != input_hash("recordUpdate", text)


async def test_a_key_is_kept_for_a_day_and_then_forgotten(gateway: Gateway) -> None:
    now = datetime.now(UTC)
    gateway.graph.now = lambda: now
    first = await gateway.query(CREATE, {"name": "Daily"}, key="old")
    await gateway.query(CREATE, {"name": "Colleague's"}, key="colleague", persona="manager")

    gateway.graph.now = lambda: now + timedelta(hours=23, minutes=59)
    assert await gateway.query(CREATE, {"name": "Daily"}, key="old") == first
    gateway.graph.now = lambda: now + LATE
    await gateway.query(CREATE, {"name": "Other"}, key="new")
    assert await keys(gateway) == {"colleague", "new"}
    later = await gateway.query(CREATE, {"name": "Daily"}, key="old")

    assert later["one"]["record"] != first["one"]["record"]
    assert await named(gateway, "Daily") == 2


async def test_a_deletion_that_is_repeated_tells_again_what_was_deleted(gateway: Gateway) -> None:
    workspaces = await gateway.query("{ workspaces { id isDefault } }", persona="super-admin")
    workspace = next(item["id"] for item in workspaces["workspaces"] if not item["isDefault"])
    options = {"persona": "super-admin", "key": "k"}
    first = await gateway.query(DELETE, {"workspace": workspace}, **options)

    assert first["workspaceDelete"] == {"deletedId": workspace, "userErrors": []}
    assert await gateway.query(DELETE, {"workspace": workspace}, **options) == first


def spoiler() -> Plugin:
    """A plugin whose mutation changes a company and then fails."""
    plugin = Plugin("spoiler", policy=Permission.WORKSPACE)

    @plugin.mutation(description="Changes a company, and then fails in a way of one's choice.")
    async def company_spoil(work: Work, company: Company, how: str) -> Company:
        await work.update(tables.company, tables.company.c.id == company.id, name="Spoilt")
        if how == "refuse":
            raise Fault("CONFLICT", "Not today.", reason="spoiler.today")
        if how == "hang":
            await asyncio.sleep(60)
        if how == "exit":
            raise SystemExit(3)
        raise ZeroDivisionError

    return plugin


@pytest.mark.promise("P16")
async def test_a_mutation_that_fails_in_any_way_leaves_nothing_and_may_be_repeated(demo_url: str) -> None:
    async with Gateway.on(demo_url, *bundled(), spoiler(), plugin_limit=1) as gateway:
        company = await gateway.some_id("company")
        refused = await gateway.query(SPOIL, {"company": company, "how": "refuse"}, key="refuse")
        failed = {
            how: await gateway.execute(SPOIL, {"company": company, "how": how}, key=how)
            for how in ("break", "hang", "exit")
        }

        error = {"code": "CONFLICT", "reason": "spoiler.today"}
        assert refused["companySpoil"] == {"company": None, "userErrors": [error]}
        assert [answer.codes for answer in failed.values()] == [["PLUGIN_ERROR"]] * 3
        assert [answer.data for answer in failed.values()] == [{"companySpoil": None}] * 3
        assert await named(gateway, "Spoilt") == 0
        assert await keys(gateway) == set()
        assert gateway.graph.database.checked_out == 0
