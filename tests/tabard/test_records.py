"""Records are created, changed, moved and associated; every change leaves its history, entry and event."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.records import journal, tables
from tabard.storage.ids import decode_global_id
from tabard.storage.keys import keys
from tabard.testing import Gateway

CREATE = """mutation ($type: String!, $properties: [PropertyInput!]!, $stage: ID, $company: ID) {
  recordCreate(input: { objectType: $type, properties: $properties, stage: $stage, company: $company }) {
    record { id version owner { name } ... on Company { name employeeCount annualRevenue { amount currencyCode } }
      ... on Deal { company { id } stage { id } } }
    userErrors { code reason path message }
  }
}"""
UPDATE = """mutation ($record: ID!, $properties: [PropertyInput!]!, $version: Int) {
  recordUpdate(input: { record: $record, properties: $properties, ifVersion: $version }) {
    record { id version ... on Company { name renewalOn employeeCount } }
    userErrors { code reason path message ... on StaleVersionError { currentVersion } }
  }
}"""
MOVE = """mutation ($record: ID!, $stage: ID!, $pipeline: ID, $properties: [PropertyInput!]) {
  recordMoveStage(input: { record: $record, stage: $stage, pipeline: $pipeline, properties: $properties }) {
    record { id version ... on Deal { stage { id } closeOn } }
    userErrors { code reason path message }
  }
}"""
LINK = """mutation ($record: ID!, $to: ID!) {
  %s(input: { record: $record, to: $to }) {
    record { ... on Company { associatedTickets { nodes { id } } } }
    userErrors { code reason path }
  }
}"""


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"text": value}}


async def created(gateway: Gateway, name: str = "Northwind", **values: Any) -> Any:
    properties = [text("name", name), *values.pop("properties", [])]
    done = await gateway.query(CREATE, {"type": "company", "properties": properties, **values})
    assert done["recordCreate"]["userErrors"] == []
    return done["recordCreate"]["record"]


async def updated(gateway: Gateway, record: str, properties: list[Any], version: int | None = None) -> Any:
    done = await gateway.query(UPDATE, {"record": record, "properties": properties, "version": version})
    return done["recordUpdate"]


async def history(gateway: Gateway, record: str) -> list[tuple[Any, ...]]:
    row = journal.property_history.c
    id = _id(record)
    return await gateway.fetch(
        sa.select(row.property_key, row.value, row.actor_id)
        .where(row.record_id == id)
        .order_by(row.changed_at, row.id)
    )


def _id(global_id: str) -> int:
    decoded = decode_global_id(global_id)
    assert decoded is not None
    return decoded[1]


async def test_a_created_record_is_the_viewers_and_has_what_was_given(gateway: Gateway) -> None:
    money = {"key": "annual_revenue", "value": {"money": {"amount": "12.50", "currencyCode": "EUR"}}}
    record = await created(gateway, properties=[money, {"key": "employee_count", "value": {"number": "7"}}])
    assert record["owner"]["name"] == "Dario Conti"
    assert (record["version"], record["employeeCount"]) == (1, 7)
    assert record["annualRevenue"] == {"amount": "12.50", "currencyCode": "EUR"}


async def test_a_change_raises_the_version_once_and_the_same_values_change_nothing(gateway: Gateway) -> None:
    record = await created(gateway)
    done = await updated(gateway, record["id"], [text("name", "Southwind"), text("domain", "south.example")])
    assert (done["record"]["version"], done["record"]["name"]) == (2, "Southwind")
    again = await updated(gateway, record["id"], [text("name", "Southwind")], version=2)
    assert again["record"]["version"] == 2
    assert len(await history(gateway, record["id"])) == 4, "name and owner when made, then name and domain"


async def test_history_says_what_changed_to_what_and_who_did_it(gateway: Gateway) -> None:
    record = await created(gateway)
    await updated(gateway, record["id"], [text("name", "Southwind")])
    await updated(gateway, record["id"], [{"key": "renewal_on", "value": {"date": "2027-01-31"}}])
    await updated(gateway, record["id"], [{"key": "renewal_on", "value": {"clear": True}}])
    _, user_id = await gateway.identity("csm")
    changes = await history(gateway, record["id"])
    assert [row[:2] for row in changes if row[0] != "owner"] == [
        ("name", "Northwind"),
        ("name", "Southwind"),
        ("renewal_on", "2027-01-31"),
        ("renewal_on", None),
    ]
    assert {row[2] for row in changes} == {user_id}


async def test_every_change_has_an_audit_entry_and_an_event_in_order(gateway: Gateway) -> None:
    record = await created(gateway)
    await updated(gateway, record["id"], [text("name", "Southwind")])
    entry, event = journal.audit_entry.c, journal.outbox_event.c
    id = _id(record["id"])
    entries = await gateway.fetch(
        sa.select(entry.action, entry.changes).where(entry.subject_id == id).order_by(entry.id)
    )
    assert [row[0] for row in entries] == ["record.created", "record.changed"]
    assert entries[1][1] == {"name": ["Northwind", "Southwind"]}
    events = await gateway.fetch(
        sa.select(event.kind, event.position).where(event.subject_id == id).order_by(event.position, event.id)
    )
    assert [row[0] for row in events] == ["record.created", "record.changed"]
    assert events[0][1] < events[1][1]


async def test_a_stale_version_is_refused_and_nothing_is_written(gateway: Gateway) -> None:
    record = await created(gateway)
    await updated(gateway, record["id"], [text("name", "Southwind")])
    done = await updated(gateway, record["id"], [text("name", "Westwind")], version=1)
    assert done["record"] is None
    (error,) = done["userErrors"]
    assert (error["code"], error["currentVersion"], error["path"]) == ("STALE", 2, ["input", "ifVersion"])
    assert (await updated(gateway, record["id"], []))["record"]["name"] == "Southwind"


REFUSED = [
    (text("no_such", "x"), "INVALID", "property.unknown"),
    (text("created_at", "x"), "INVALID", "property.read_only"),
    ({"key": "name", "value": {"number": "1"}}, "INVALID", "property.kind"),
    ({"key": "name", "value": {"clear": True}}, "REQUIRED", "property.required"),
    (text("name", "  "), "REQUIRED", "property.required"),
    (text("name", "x" * 256), "INVALID", "property.value"),
    (text("industry", "a\x00b"), "INVALID", "property.value"),
    ({"key": "name", "value": {"clear": False}}, "INVALID", "property.value"),
    ({"key": "employee_count", "value": {"number": "1.5"}}, "INVALID", "property.value"),
    ({"key": "employee_count", "value": {"number": "99999999999"}}, "INVALID", "property.value"),
    (
        {"key": "annual_revenue", "value": {"money": {"amount": "1", "currencyCode": "XQX"}}},
        "INVALID",
        "property.value",
    ),
    (
        {"key": "annual_revenue", "value": {"money": {"amount": "1.005", "currencyCode": "EUR"}}},
        "INVALID",
        "property.value",
    ),
    ({"key": "owner", "value": {"user": "user_0000000000001"}}, "NOT_FOUND", "property.user"),
    ({"key": "owner", "value": {"user": "nonsense"}}, "NOT_FOUND", "property.user"),
]


@pytest.mark.parametrize(("given", "code", "reason"), REFUSED)
async def test_a_value_that_cannot_be_kept_is_refused_and_nothing_is_written(
    gateway: Gateway, given: dict[str, Any], code: str, reason: str
) -> None:
    record = await created(gateway)
    done = await updated(gateway, record["id"], [text("domain", "north.example"), given])
    (error,) = done["userErrors"]
    assert (error["code"], error["reason"], error["path"]) == (code, reason, ["input", "properties", "1"])
    assert (await updated(gateway, record["id"], []))["record"]["version"] == 1


async def test_two_members_in_one_value_are_refused_before_anything_runs(gateway: Gateway) -> None:
    record = await created(gateway)
    properties = [{"key": "name", "value": {"text": "x", "number": "1"}}]
    answer = await gateway.execute(UPDATE, {"record": record["id"], "properties": properties})
    assert answer.data is None
    assert answer.errors


async def test_a_record_without_what_it_needs_is_not_created(gateway: Gateway) -> None:
    done = await gateway.query(CREATE, {"type": "company", "properties": [text("domain", "x.example")]})
    (error,) = done["recordCreate"]["userErrors"]
    assert (error["code"], error["reason"]) == ("REQUIRED", "property.required")
    done = await gateway.query(CREATE, {"type": "planet", "properties": []})
    assert done["recordCreate"]["userErrors"][0]["reason"] == "record.object_type"


async def test_custom_properties_are_written_read_and_cleared_like_any_other(gateway: Gateway) -> None:
    definition = tables.property_definition.c
    rows = await gateway.fetch(
        sa.select(definition.key, definition.kind)
        .where(definition.object_type == "company")
        .order_by(definition.key)
    )
    (key,) = [key for key, kind in rows if kind == "NUMBER"][:1]
    record = await created(gateway, properties=[{"key": key, "value": {"number": "12.345678"}}])
    read = """query ($id: ID!, $key: String!) {
      node(id: $id) { ... on Company { property(key: $key) { ... on NumberPropertyValue { number } } } }
    }"""
    shown = await gateway.query(read, {"id": record["id"], "key": key})
    assert shown["node"]["property"] == {"number": "12.345678"}
    await updated(gateway, record["id"], [{"key": key, "value": {"clear": True}}])
    assert (await gateway.query(read, {"id": record["id"], "key": key}))["node"]["property"] is None
    changes = await history(gateway, record["id"])
    assert [row[1] for row in changes if row[0] == key] == ["12.345678", None]


async def stages(gateway: Gateway, object_type: str) -> list[Any]:
    data = await gateway.query("{ pipelines { nodes { id objectType stages { id isClosed isWon } } } }")
    return [item for item in data["pipelines"]["nodes"] if item["objectType"] == object_type]


async def test_a_deal_that_is_closed_gets_its_close_date_unless_one_is_given(gateway: Gateway) -> None:
    (pipeline,) = await stages(gateway, "deal")
    opened, closed = (
        pipeline["stages"][0]["id"],
        next(item["id"] for item in pipeline["stages"] if item["isWon"]),
    )
    properties = [text("name", "Big deal")]
    made = await gateway.query(CREATE, {"type": "deal", "properties": properties, "stage": opened})
    record = made["recordCreate"]["record"]
    assert record["stage"]["id"] == opened
    moved = (await gateway.query(MOVE, {"record": record["id"], "stage": closed}))["recordMoveStage"]
    assert moved["userErrors"] == []
    assert (moved["record"]["stage"]["id"], moved["record"]["version"]) == (closed, 2)
    assert moved["record"]["closeOn"] is not None
    back = (await gateway.query(MOVE, {"record": record["id"], "stage": opened}))["recordMoveStage"]["record"]
    assert back["closeOn"] == moved["record"]["closeOn"], "moving back keeps the date that was set"
    given = {"record": record["id"], "stage": closed}
    given["properties"] = [{"key": "close_on", "value": {"date": "2026-01-02"}}]
    assert (await gateway.query(MOVE, given))["recordMoveStage"]["record"]["closeOn"] == "2026-01-02"


async def test_a_stage_of_another_record_type_or_portal_is_refused(gateway: Gateway) -> None:
    deal = await gateway.some_id("deal")
    (tickets,) = await stages(gateway, "ticket")
    moved = (await gateway.query(MOVE, {"record": deal, "stage": tickets["stages"][0]["id"]}))[
        "recordMoveStage"
    ]
    assert moved["userErrors"][0]["reason"] == "stage.object_type"
    foreign = await gateway.some_id("stage", "other")
    for stage in (foreign, "stage_0000000000001"):
        moved = (await gateway.query(MOVE, {"record": deal, "stage": stage}))["recordMoveStage"]
        assert [error["code"] for error in moved["userErrors"]] == ["NOT_FOUND"]
    company = await gateway.some_id("company")
    moved = (await gateway.query(MOVE, {"record": company, "stage": tickets["stages"][0]["id"]}))[
        "recordMoveStage"
    ]
    assert moved["userErrors"][0]["reason"] == "record.no_pipelines"


async def test_associated_records_list_each_other_until_they_are_parted(gateway: Gateway) -> None:
    company, ticket = (await created(gateway))["id"], await gateway.some_id("ticket")
    for _ in range(2):
        done = (await gateway.query(LINK % "associationAdd", {"record": company, "to": ticket}))[
            "associationAdd"
        ]
        assert done["userErrors"] == []
        assert [node["id"] for node in done["record"]["associatedTickets"]["nodes"]] == [ticket]
    inverse = await gateway.query(
        "query ($id: ID!) { node(id: $id) { ... on Ticket { associatedCompanies(first: 100) { nodes { id } } } } }",
        {"id": ticket},
    )
    assert company in {node["id"] for node in inverse["node"]["associatedCompanies"]["nodes"]}
    done = (await gateway.query(LINK % "associationRemove", {"record": company, "to": ticket}))[
        "associationRemove"
    ]
    assert done["record"]["associatedTickets"]["nodes"] == []


async def test_records_that_many_associate_or_part_at_once_are_so_once(gateway: Gateway) -> None:
    one = (await created(gateway, "One"))["id"]
    two = (await created(gateway, "Two"))["id"]
    association, entry = tables.association.c, journal.audit_entry.c
    for mutation, rows in (("associationAdd", 2), ("associationRemove", 0)):
        pairs = [{"record": one, "to": two}, {"record": two, "to": one}] * 5
        answers = await asyncio.gather(*(gateway.query(LINK % mutation, pair) for pair in pairs))

        assert [answer[mutation]["userErrors"] for answer in answers] == [[]] * 10
        stored = sa.select(association.id).where(keys(association.from_id, [_id(one), _id(two)]))
        assert len(await gateway.fetch(stored)) == rows
    told = sa.select(entry.action).where(entry.action.like("association.%")).order_by(entry.id)
    assert await gateway.fetch(told) == [("association.added",), ("association.removed",)]


async def test_a_record_of_another_portal_is_answered_like_one_that_is_not_there(gateway: Gateway) -> None:
    answers = []
    for id in (await gateway.some_id("company", "other"), "company_0000000000001"):
        mine = await gateway.some_id("company")
        answers.append(
            [
                await gateway.query(UPDATE, {"record": id, "properties": [text("name", "mine now")]}),
                await gateway.query(LINK % "associationAdd", {"record": mine, "to": id}),
                await gateway.query(LINK % "associationAdd", {"record": id, "to": mine}),
            ]
        )
    assert answers[0] == answers[1]


async def test_a_repeated_mutation_with_its_key_is_done_once_and_answered_afresh(gateway: Gateway) -> None:
    variables = {"type": "company", "properties": [text("name", "Once")]}
    first = await gateway.query(CREATE, variables, key="k-1")
    await updated(gateway, first["recordCreate"]["record"]["id"], [text("name", "Changed since")])
    second = await gateway.query(CREATE, variables, key="k-1")
    assert second["recordCreate"]["record"]["id"] == first["recordCreate"]["record"]["id"]
    assert second["recordCreate"]["record"]["name"] == "Changed since", "a replay reads afresh"
    other = await gateway.query(CREATE, variables, key="k-2")
    assert other["recordCreate"]["record"]["id"] != first["recordCreate"]["record"]["id"]
    mine = await gateway.query(CREATE, variables, key="k-1", persona="manager")
    assert mine["recordCreate"]["record"]["id"] != first["recordCreate"]["record"]["id"], (
        "keys are each actor's own"
    )


async def test_the_same_key_with_other_input_is_refused(gateway: Gateway) -> None:
    await gateway.query(CREATE, {"type": "company", "properties": [text("name", "Once")]}, key="k")
    answer = await gateway.execute(
        CREATE, {"type": "company", "properties": [text("name", "Twice")]}, key="k"
    )
    assert answer.codes == ["IDEMPOTENCY_KEY_REUSED"]
    company = tables.company.c
    assert await gateway.fetch(sa.select(company.id).where(company.name == "Twice")) == []


async def test_a_mutation_that_failed_can_be_repeated_with_its_key(gateway: Gateway) -> None:
    variables = {"record": await gateway.some_id("company"), "properties": [text("name", " ")]}
    for _ in range(2):
        done = await gateway.query(UPDATE, variables, key="again")
        assert done["recordUpdate"]["userErrors"][0]["code"] == "REQUIRED"
