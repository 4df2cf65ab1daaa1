"""The demo: the same portals every day but for their dates, with something for everybody to see."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest

from tabard import Company, Contact, Deal, Plugin, PropertyKind, Seeder, Ticket
from tabard.demo.loading import PLANS, Demo
from tabard.errors import StartError
from tabard.host import Origin, PluginHost
from tabard.personas import PERSONAS
from tabard.policies import Permission
from tabard.storage.database import Database
from tabard.testing import Gateway
from tests.support.databases import bundled

TODAY = date(2026, 11, 22)
# The core's tables to which plugins add rows.
ADDED = ("pipeline", "stage", "tab_setting")
NOBODY = cast(Database, None)


def gathered(today: date = TODAY, plugins: Sequence[Plugin] = ()) -> dict[str, list[dict[str, Any]]]:
    """All rows of the demo's portal, by table."""
    host = PluginHost()
    host.register([(plugin, Origin(plugin.name, "test", "test", "1")) for plugin in plugins])
    ids: Iterator[int] = count(1)
    _, batch = Demo(NOBODY, host, lambda: next(ids)).gather(PLANS[0], today)
    return {table.name: rows for table, rows in batch.rows.items()}


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    return gathered()


def test_one_day_gives_one_demo() -> None:
    assert gathered(plugins=bundled()) == gathered(plugins=bundled())


def test_another_day_moves_the_dates_and_nothing_else(rows: dict[str, list[dict[str, Any]]]) -> None:
    def moved(value: Any) -> Any:
        return value + timedelta(days=31) if isinstance(value, date | datetime) else value

    # No change to or from summer time lies between the two days.
    later = gathered(TODAY + timedelta(days=31))
    assert later == {
        table: [{name: moved(value) for name, value in row.items()} for row in found]
        for table, found in rows.items()
    }


def test_a_plugin_changes_no_row_of_the_core_or_of_others(rows: dict[str, list[dict[str, Any]]]) -> None:
    alone, together = gathered(plugins=bundled()[-1:]), gathered(plugins=bundled())
    assert {name: found for name, found in together.items() if name in rows and name not in ADDED} == {
        name: found for name, found in rows.items() if name not in ADDED
    }
    assert [row["name"] for row in alone["service"]] == [row["name"] for row in together["service"]]


def test_the_demo_has_the_sizes_that_were_promised(rows: dict[str, list[dict[str, Any]]]) -> None:
    sizes = {name: len(rows[name]) for name in ("team", "company", "contact", "deal", "ticket")}
    assert sizes == {"team": 3, "company": 60, "contact": 180, "deal": 150, "ticket": 80}
    assert len([row for row in rows["company"] if row["parent_id"]]) >= 5
    assert {row["amount_currency"] for row in rows["deal"]} == {"EUR", "GBP", "JPY", "USD", None}
    assert len(Counter(row["stage_id"] for row in rows["deal"])) == 6
    assert {row["external_id"] for row in rows["company"] + rows["deal"]} == {None}


def test_there_is_a_custom_property_of_every_kind_with_values(rows: dict[str, list[dict[str, Any]]]) -> None:
    defined = [row for row in rows["property_definition"] if row["object_type"] == "company"]
    assert {row["kind"] for row in defined} == {kind.value for kind in PropertyKind}
    ids = {row["id"] for row in defined}
    values = Counter(row["property_id"] for row in rows["property_value"] if row["property_id"] in ids)
    assert min(values.values()) > 30
    assert len(values) == len(PropertyKind)


def test_every_association_is_stored_in_both_directions(rows: dict[str, list[dict[str, Any]]]) -> None:
    ends = ("from_type", "from_id", "to_type", "to_id", "is_inverse")
    stored = {tuple(row[name] for name in ends) for row in rows["association"]}
    assert len(stored) == len(rows["association"]) > 800
    assert {
        (to_, to_id, from_, from_id, not inverse) for from_, from_id, to_, to_id, inverse in stored
    } == stored


def test_nothing_was_made_in_the_future(rows: dict[str, list[dict[str, Any]]]) -> None:
    # Midnight in Rome, with which the portal's today begins.
    now = datetime.fromisoformat("2026-11-21T23:00:00+00:00")
    instants = [
        row[name]
        for found in rows.values()
        for row in found
        for name in ("created_at", "updated_at", "last_activity_at")
        if row.get(name)
    ]
    assert max(instants) == now
    assert all(row["created_at"] <= row["updated_at"] for row in rows["company"] + rows["deal"])


TABS = "{ viewer { name } workspace { name tabs { key state reason } } }"
SHOWN, FORBIDDEN = ("VISIBLE", None), ("FORBIDDEN", "SEAT_REQUIRED")
SEEN = {
    "super-admin": ("Customer Success", SHOWN, SHOWN),
    "super-admin-no-seat": ("Customer Success", FORBIDDEN, FORBIDDEN),
    "manager": ("Renewals", SHOWN, ("HIDDEN", None)),
    "csm": ("Onboarding", SHOWN, SHOWN),
    "other-portal-admin": ("Customer Success", SHOWN, SHOWN),
}


@pytest.mark.row("A3", "A4")
@pytest.mark.parametrize("persona", SEEN)
async def test_a_persona_sees_the_workspace_that_its_description_says(gateway: Gateway, persona: str) -> None:
    portal = next(item.portal for item in PERSONAS if item.key == persona)
    data = await gateway.query(TABS, persona=persona, portal=portal)
    name, customers, services = SEEN[persona]
    assert data["workspace"]["name"] == name
    states = {tab["key"]: (tab["state"], tab["reason"]) for tab in data["workspace"]["tabs"]}
    assert (states["customers"], states["services"]) == (customers, services)


@pytest.mark.row("J1", "J2", "J7")
async def test_three_teams_work_in_workspaces_with_different_tabs(gateway: Gateway) -> None:
    data = await gateway.query(
        "{ workspaces { name isDefault isActive teams { name } tabs { key state } } }", persona="super-admin"
    )
    seen = {
        workspace["name"]: [tab["key"] for tab in workspace["tabs"] if tab["state"] == "VISIBLE"]
        for workspace in data["workspaces"]
        if not workspace["isDefault"]
    }
    assert [[team["name"] for team in item["teams"]] for item in data["workspaces"]] == [
        [],
        ["Onboarding"],
        ["Renewals"],
        ["EMEA"],
    ]
    assert seen["Onboarding"] == [*seen["EMEA"], "revenue"]
    assert set(seen["Onboarding"]) - set(seen["Renewals"]) == {"services"}
    assert all(item["isActive"] for item in data["workspaces"])


async def test_subscriptions_are_a_custom_object_with_records_of_its_own(gateway: Gateway) -> None:
    data = await gateway.query(
        """{ customObjects { nodes { objectType label pluralLabel records(first: 100) {
          totalCount nodes { name objectType stage { label }
            price: property(key: "yearly_price") { ... on MoneyPropertyValue { money { currencyCode } } } }
        } } } }"""
    )
    (defined,) = data["customObjects"]["nodes"]
    assert (defined["objectType"], defined["pluralLabel"]) == ("custom.subscription", "Subscriptions")
    assert defined["records"]["totalCount"] > 30
    assert {record["objectType"] for record in defined["records"]["nodes"]} == {"custom.subscription"}
    assert {record["price"]["money"]["currencyCode"] for record in defined["records"]["nodes"]} == {"EUR"}


@pytest.mark.row("A3")
@pytest.mark.parametrize(
    ("persona", "reason"),
    [
        ("csm-no-seat", "SEAT_REQUIRED"),
        ("outsider", "PERMISSION_REQUIRED"),
        ("partner", "PERMISSION_REQUIRED"),
    ],
)
async def test_a_persona_without_the_workspace_learns_why(
    gateway: Gateway, persona: str, reason: str
) -> None:
    answer = await gateway.execute(
        "{ viewer { name } workspace { name } companies { nodes { id } } }", persona=persona
    )
    assert answer.data is not None
    assert answer.data["viewer"]["name"] == next(item.name for item in PERSONAS if item.key == persona)
    assert answer.data["workspace"] is None
    assert answer.data["companies"] is None
    assert {error.original_error.reason for error in answer.errors} == {reason}  # type: ignore[union-attr]


async def test_two_portals_share_nothing(gateway: Gateway) -> None:
    names = "{ companies(first: 100) { totalCount nodes { id name } } }"
    ours = (await gateway.query(names, persona="super-admin"))["companies"]
    theirs = (await gateway.query(names, persona="other-portal-admin", portal="other"))["companies"]
    assert (ours["totalCount"], theirs["totalCount"]) == (60, 8)
    assert {item["id"] for item in ours["nodes"]}.isdisjoint(item["id"] for item in theirs["nodes"])


async def test_the_csm_has_customers_and_services_to_look_after(gateway: Gateway) -> None:
    data = await gateway.query(
        "{ workspace { customers { owned { totalCount } } services { owned { totalCount } } } }",
        persona="csm",
    )
    assert data["workspace"]["customers"]["owned"]["totalCount"] >= 5
    assert data["workspace"]["services"]["owned"]["totalCount"] >= 2


async def test_a_demo_that_is_there_is_left_alone(gateway: Gateway) -> None:
    demo = Demo(gateway.graph.database, PluginHost(), gateway.graph.new_id)
    assert await demo.missing() == []


def test_a_plugin_that_cannot_make_its_rows_is_named() -> None:
    plugin = Plugin("acme", policy=Permission.WORKSPACE)

    @plugin.demo
    def fail(seeder: Seeder) -> None:
        raise LookupError("no such stage")

    with pytest.raises(StartError) as refused:
        gathered(plugins=[plugin])
    assert str(refused.value) == (
        "the plugin 'acme' of test 1 cannot make its demo data (LookupError: no such stage); mend it, or block it"
    )


def test_a_plugin_finds_what_the_core_has_made() -> None:
    plugin = Plugin("acme", policy=Permission.WORKSPACE)
    seen: dict[str, Any] = {}

    @plugin.demo
    def look(seeder: Seeder) -> None:
        seen["sizes"] = [len(seeder.of(type_)) for type_ in (Company, Contact, Deal, Ticket)]
        seen["csm"] = seeder.user("csm")
        seen["nobody"] = seeder.user("nobody")
        seeder.hide("acme", "Renewals")
        seeder.hide("acme", "Nowhere")

    found = gathered(plugins=[plugin])
    assert seen["sizes"] == [60, 180, 150, 80]
    assert (seen["csm"].name, seen["csm"].team, seen["nobody"]) == ("Dario Conti", "Onboarding", None)
    (hidden,) = found["tab_setting"]
    assert (hidden["tab"], hidden["is_visible"]) == ("acme", False)
    renewals = next(row["id"] for row in found["workspace"] if row["name"] == "Renewals")
    assert hidden["workspace_id"] == renewals
