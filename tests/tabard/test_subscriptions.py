"""Subscriptions: what an author declares is told to those who may see it, afresh, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

from tabard import RECORD_CHANGED, Company, Event, Permission, Plugin, Reader, Work, decode_id
from tabard.live.places import KEPT
from tabard.live.stream import BATCH
from tabard.live.upkeep import MARGIN, Upkeep
from tabard.records.journal import outbox_event
from tabard.storage.ids import first_id_of
from tabard.storage.scope import Scope
from tabard.testing import Answer, Gateway
from tests.support.databases import bundled
from tests.tabard.samples import beta, change, plugin, refused

PATIENCE = 30
RENAME = """
mutation ($record: ID!, $name: String!) {
  recordUpdate(input: {record: $record, properties: [{key: "name", value: {text: $name}}]}) {
    userErrors { message }
  }
}
"""


def greetings() -> Plugin:
    """A plugin with an event and a subscription of its own."""
    made = plugin("greetings", noun="Greeting")
    was_greeted = made.event("said", of=Company)

    @made.mutation(description="Greets a company.")
    async def greeting_add(work: Work, company: Company, fails: bool = False) -> Company:
        await work.emit(was_greeted, company.id, ["greeting"])
        if fails:
            raise RuntimeError
        return company

    @made.subscription(on=was_greeted, description="Companies that were greeted.")
    async def company_greeted(
        reader: Reader, events: list[Event], *, company: strawberry.ID | None = None
    ) -> list[Event]:
        wanted = None if company is None else decode_id(Company, company)
        if wanted == 0:
            raise RuntimeError("this company is not to be asked for")
        return [event for event in events if company is None or event.subject_id == wanted]

    return made


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    return [*bundled(), greetings()]


async def told(answers: AsyncIterator[Answer]) -> Answer:
    """The next answer."""
    async with asyncio.timeout(PATIENCE):
        return await anext(answers)


async def companies_of(gateway: Gateway, count: int) -> list[str]:
    """Ids of companies."""
    found = await gateway.query("query ($n: Int!) { companies(first: $n) { nodes { id } } }", {"n": count})
    return [node["id"] for node in found["companies"]["nodes"]]


GREET = (
    "mutation ($id: ID!, $f: Boolean!) { greetingAdd(input: {company: $id, fails: $f}) { company { id } } }"
)


async def test_an_authors_event_is_told_once_it_is_committed_and_only_then(gateway: Gateway) -> None:
    one, other = await companies_of(gateway, 2)
    document = (
        "subscription ($id: ID) { companyGreeted(company: $id)"
        " { kind changed happenedAt companyId company { id name } } }"
    )
    async with gateway.subscribed(document, {"id": one}) as answers:
        await gateway.execute(GREET, {"id": one, "f": True})
        await gateway.query(GREET, {"id": other, "f": False})
        await gateway.query(RENAME, {"record": one, "name": "Greeted"})
        await gateway.query(GREET, {"id": one, "f": False})
        answer = await told(answers)
    assert answer.errors == []
    assert answer.data is not None
    event = answer.data["companyGreeted"]
    assert datetime.fromisoformat(event.pop("happenedAt")) <= datetime.now(UTC)
    assert event == {
        "kind": "greetings.said",
        "changed": ["greeting"],
        "companyId": one,
        "company": {"id": one, "name": "Greeted"},
    }


async def test_a_function_that_fails_ends_the_stream_and_names_its_plugin(gateway: Gateway) -> None:
    nobody = "company_0000000000000"
    document = "subscription ($id: ID) { companyGreeted(company: $id) { kind } }"
    (one,) = await companies_of(gateway, 1)
    async with gateway.subscribed(document, {"id": nobody}) as answers:
        await gateway.query(GREET, {"id": one, "f": False})
        with pytest.raises(Exception, match="greetings") as caught:
            await told(answers)
    assert getattr(caught.value, "code", None) == "PLUGIN_ERROR"


async def test_events_that_come_together_cost_a_statement_for_each_relation(gateway: Gateway) -> None:
    companies = await companies_of(gateway, 5) * (BATCH // 5)
    document = "subscription ($after: String) { companyGreeted(after: $after) { company { name } } }"
    cursor = (await gateway.query("{ eventCursor }"))["eventCursor"]
    for company in companies[:1]:
        await gateway.query(GREET, {"id": company, "f": False})
    async with gateway.subscribed(document, {"after": cursor}) as answers:
        one = await told(answers)
    for company in companies[1:]:
        await gateway.query(GREET, {"id": company, "f": False})
    async with gateway.subscribed(document, {"after": cursor}) as answers:
        many = [await told(answers) for _ in range(BATCH)]
    # The viewer, which of the companies are seen, and their names.
    assert {answer.statements for answer in (one, *many)} == {3}


@pytest.mark.promise("P1")
async def test_nobody_is_told_of_another_portals_changes(gateway: Gateway) -> None:
    document = "subscription { recordChanged { recordId record { id } } }"
    theirs = await gateway.some_id("company", "other")
    (ours,) = await companies_of(gateway, 1)
    async with (
        gateway.subscribed(document) as answers,
        gateway.subscribed(document, persona="other-portal-admin", portal="other") as their_answers,
    ):
        renamed = {"record": theirs, "name": "Theirs"}
        await gateway.query(RENAME, renamed, persona="other-portal-admin", portal="other")
        await gateway.query(RENAME, {"record": ours, "name": "Ours"})
        assert (await told(answers)).data == {"recordChanged": {"recordId": ours, "record": {"id": ours}}}
        their_event = {"recordId": theirs, "record": {"id": theirs}}
        assert (await told(their_answers)).data == {"recordChanged": their_event}


SWITCH = """
mutation ($workspace: ID!, $visible: Boolean!) {
  workspaceTabSetVisible(input: {workspace: $workspace, tab: "services", visible: $visible}) {
    userErrors { message }
  }
}
"""


@pytest.mark.promise("P3")
async def test_members_hear_of_their_own_workspace_and_admins_of_all(gateway: Gateway) -> None:
    document = "subscription { workspaceChanged { kind changed workspaceId workspace { name } } }"
    spaces = await gateway.query("{ workspaces { id name isDefault } }", persona="super-admin")
    own = (await gateway.query("{ workspace { id } }"))["workspace"]["id"]
    (default,) = [space["id"] for space in spaces["workspaces"] if space["isDefault"]]
    assert own != default
    async with (
        gateway.subscribed(document) as answers,
        gateway.subscribed(document, persona="super-admin") as all_answers,
    ):
        for workspace in (default, own):
            switched = {"workspace": workspace, "visible": False}
            await gateway.query(SWITCH, switched, persona="super-admin")
        mine = (await told(answers)).data
        all_of_them = [(await told(all_answers)).data for _ in range(2)]
    assert mine is not None
    assert mine["workspaceChanged"]["workspaceId"] == own
    assert mine["workspaceChanged"]["kind"] == "tab.switched"
    assert mine["workspaceChanged"]["changed"] == ["services.isVisible"]
    assert [data and data["workspaceChanged"]["workspaceId"] for data in all_of_them] == [default, own]


async def test_admins_hear_of_a_workspace_that_was_deleted(gateway: Gateway) -> None:
    create = 'mutation { workspaceCreate(input: {name: "Short lived"}) { workspace { id } userErrors { message } } }'
    delete = (
        "mutation ($id: ID!) { workspaceDelete(input: {workspace: $id, confirmIrreversible: true})"
        " { deletedId userErrors { message } } }"
    )
    document = "subscription { workspaceChanged { kind workspaceId workspace { name } } }"
    made = await gateway.query(create, persona="super-admin")
    id = made["workspaceCreate"]["workspace"]["id"]
    gone = {"kind": "workspace.deleted", "workspaceId": id, "workspace": None}
    async with gateway.subscribed(document, persona="super-admin") as answers:
        await gateway.query(delete, {"id": id}, persona="super-admin")
        answer = await told(answers)
        # What was committed a moment before may be told too, while an older transaction runs somewhere.
        while answer.data == {"workspaceChanged": gone | {"kind": "workspace.created"}}:
            answer = await told(answers)
    assert answer.data == {"workspaceChanged": gone}


@pytest.mark.parametrize("persona", ["outsider", "csm-no-seat", None])
@pytest.mark.promise("P3")
async def test_who_may_not_see_records_gets_no_stream(gateway: Gateway, persona: str | None) -> None:
    async with gateway.subscribed("subscription { recordChanged { kind } }", persona=persona) as answers:
        answer = await told(answers)
    assert answer.data is None
    assert answer.codes in (["FORBIDDEN"], ["UNAUTHENTICATED"])


async def test_old_events_are_deleted_and_the_newest_stays(gateway: Gateway) -> None:
    companies = await companies_of(gateway, 3)
    portal_id = await gateway.portal_id()
    for company in companies:
        await gateway.query(GREET, {"id": company, "f": False})

    async def kept() -> int:
        return int((await gateway.fetch(sa.select(sa.func.count()).select_from(outbox_event)))[0][0])

    now = [datetime.now(UTC)]
    upkeep = Upkeep(gateway.graph.database, KEPT, lambda: now[0])
    assert await upkeep.tidy(portal_id) == 0
    before = await kept()
    now[0] += KEPT + MARGIN + timedelta(minutes=1)
    upkeep.note(portal_id)
    upkeep.note(portal_id)
    await upkeep.close()
    assert await kept() < before
    assert await kept() >= 1


async def test_events_of_another_cluster_are_deleted(
    demo_postgres_url: str, plugins: Sequence[Plugin]
) -> None:
    """A database that was restored has events whose transactions are not of its cluster."""
    async with Gateway.on(demo_postgres_url, *plugins) as gateway:
        portal_id = await gateway.portal_id()
        foreign = {
            "id": first_id_of(datetime.now(UTC)),
            "position": 1 << 40,
            "kind": "record.changed",
            "subject_type": "company",
            "subject_id": 1,
            "payload": {"changed": []},
            "at": datetime.now(UTC),
        }
        async with gateway.graph.database.writing(Scope(portal_id)) as session:
            await session.execute(sa.insert(outbox_event), [foreign])
        assert await Upkeep(gateway.graph.database, KEPT).tidy(portal_id) == 1


async def nothing(reader: Reader, events: list[Event]) -> list[Event]:
    return events


async def everything(events: list[Event]) -> list[Event]:
    return events


async def reserved(reader: Reader, events: list[Event], *, after: str) -> list[Event]:
    return events


@pytest.mark.promise("P4")
def test_a_subscription_without_a_policy_keeps_the_graph_from_being_assembled() -> None:
    made = plugin(policy=None)
    made.subscription(on=RECORD_CHANGED, description="x", name="thing_moved")(nothing)
    (refusal,) = refused(made)
    assert refusal == (
        "Subscription.thingMoved of plugin 'alpha' has no policy; write policy=Permission.WORKSPACE or another one"
    )


REFUSED: dict[str, tuple[str, str, Any, str]] = {
    "no description": ("thing_moved", " ", nothing, "has no description"),
    "a name in camel case": ("thingMoved", "x", nothing, "is not snake_case"),
    "no reader": ("thing_moved", "x", everything, "write `(reader: Reader, events: list[Event], *, ...)`"),
    "after": ("thing_moved", "x", reserved, "the argument 'after' comes by itself; rename yours"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_subscription_that_does_not_fit_is_refused(what: str) -> None:
    name, description, function, words = REFUSED[what]
    made = plugin()
    made.subscription(on=RECORD_CHANGED, description=description, name=name)(function)
    assert any(words in refusal for refusal in refused(made))


def test_two_subscriptions_of_one_name_are_refused_naming_both_sides() -> None:
    sides = [plugin(), beta()]
    for side in sides:
        side.subscription(on=RECORD_CHANGED, description="x", name="thing_moved")(nothing)
    assert refused(*sides) == [
        "Subscription.thingMoved is contributed by both 'alpha' and 'beta'; rename one of them"
    ]


def test_an_event_that_does_not_fit_is_refused() -> None:
    made = plugin()
    made.event("camelCase", of=Company)
    made.event("twice", of=Company)
    made.event("twice", of=Company)
    made.event("of_nothing", of=int)
    said = "\n".join(refused(made))
    assert "the event 'camelCase' of plugin 'alpha' is not snake_case" in said
    assert "the event 'twice' of plugin 'alpha' is declared twice; rename one of them" in said
    assert "the event 'of_nothing' of plugin 'alpha' is of int, which is no stored type with an id" in said


def test_a_subscription_to_an_event_of_a_plugin_that_is_not_there_is_refused() -> None:
    made = plugin()
    made.subscription(on=beta().event("set", of=Company), description="x", name="thing_moved")(nothing)
    (refusal,) = refused(made)
    assert refusal.endswith("is on the event 'set' of plugin 'beta', which is not installed")


def test_a_field_of_subscription_is_made_by_its_form_alone() -> None:
    made = plugin()
    change(made, "thing_update")

    async def value(reader: Reader, parents: list[Any]) -> list[int | None]:
        return []

    made.field("Subscription", name="x", description="x", policy=Permission.WORKSPACE)(value)
    assert any("a field of Subscription is made by @plugin.subscription" in item for item in refused(made))
