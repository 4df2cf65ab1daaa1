"""A plugin's mutation makes and changes records as the core does: with history, entry, event and version."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import (
    Company,
    CurrencyCode,
    CustomRecord,
    Deal,
    Money,
    Plugin,
    Stage,
    Work,
    change_record,
    create_record,
)
from tabard.records import journal, tables
from tabard.storage.ids import decode_global_id
from tabard.testing import Gateway
from tests.tabard.samples import bundled, plugin

ADD = """mutation ($name: String!, $company: ID, $stage: ID) {
  alphaDealAdd(input: { name: $name, amount: "12.50", company: $company, stage: $stage }) {
    deal { id version name owner { name } amount { amount currencyCode } company { id } stage { id } }
    userErrors { code reason path message }
  }
}"""
MOVE = """mutation ($deal: ID!, $closeOn: Date!, $company: ID, $version: Int) {
  alphaDealMove(input: { deal: $deal, closeOn: $closeOn, company: $company, ifVersion: $version }) {
    deal { version closeOn company { id } }
    userErrors { code reason path message ... on StaleVersionError { currentVersion } }
  }
}"""
TELL = "subscription { recordChanged { record { id version } } }"


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    alpha = plugin()

    @alpha.mutation(description="Adds a deal.")
    async def alpha_deal_add(
        work: Work,
        name: str,
        amount: Decimal,
        company: Company | None = None,
        stage: Stage | None = None,
    ) -> Deal:
        return await create_record(
            work,
            Deal,
            name=name,
            amount=Money(amount=amount, currency_code=CurrencyCode("EUR")),
            company_id=company and company.id,
            stage_id=stage and stage.id,
        )

    @alpha.mutation(description="Moves a deal to another day.")
    async def alpha_deal_move(
        work: Work, deal: Deal, close_on: date, company: Company | None = None, if_version: int | None = None
    ) -> Deal:
        return await change_record(
            work, deal, if_version, close_on=close_on, company_id=company and company.id
        )

    @alpha.mutation(description="Writes what nobody may write.")
    async def alpha_meddle(work: Work, deal: Deal, given: str) -> Deal:
        return await change_record(work, deal, **{given: 1})

    @alpha.mutation(description="Writes texts into a table.")
    async def alpha_note(work: Work, key: str) -> None:
        await work.insert(tables.pipeline, object_type="deal", key=key, label="x", display_order=1, version=1)

    @alpha.mutation(description="Makes what is no record of one type.")
    async def alpha_make(work: Work) -> None:
        await create_record(work, CustomRecord, name="x")

    _add_careless(alpha)
    return [*bundled(), alpha]


def _add_careless(alpha: Plugin) -> None:
    """Adds mutations that look away."""

    @alpha.mutation(description="Writes a row twice, and makes nothing of the refusal.")
    async def alpha_swallow(work: Work, deal: Deal, again: bool) -> Deal:
        row = {"object_type": "deal", "key": "twice", "label": "x", "display_order": 1, "version": 1}
        await work.insert(tables.pipeline, **row)
        await change_record(work, deal, name="Renamed")
        if again:
            with suppress(sa.exc.IntegrityError):
                await work.insert(tables.pipeline, **row)
        return deal

    @alpha.mutation(description="Gives a record to a company that is not there, and looks no more.")
    async def alpha_lose(work: Work, deal: Deal) -> Deal:
        work.amend(tables.deal, deal.id, company_id=1)
        return deal

    @alpha.mutation(description="Notes the same thing twice.")
    async def alpha_repeat(work: Work, deal: Deal) -> Deal:
        note = {
            "at": work.now,
            "action": "noted",
            "subject_type": "deal",
            "subject_id": deal.id,
            "changes": {},
        }
        work.append(journal.audit_entry, note, note)
        return deal


async def added(gateway: Gateway, **values: Any) -> Any:
    return (await gateway.query(ADD, {"name": "Sails", **values}))["alphaDealAdd"]


async def written(gateway: Gateway, record: str) -> list[tuple[Any, ...]]:
    """The history of a record, then the actions of its audit entries and of its events."""
    decoded = decode_global_id(record)
    assert decoded is not None
    row, entry, event = journal.property_history.c, journal.audit_entry.c, journal.outbox_event.c
    statements = (
        sa.select(row.property_key, row.value).where(row.record_id == decoded[1]).order_by(row.id),
        sa.select(entry.action, entry.changes).where(entry.subject_id == decoded[1]).order_by(entry.id),
        sa.select(event.kind, event.payload).where(event.subject_id == decoded[1]).order_by(event.id),
    )
    return [tuple(map(tuple, await gateway.fetch(statement))) for statement in statements]


async def test_a_made_record_is_owned_placed_told_and_kept_in_the_history(gateway: Gateway) -> None:
    company, stage = await gateway.some_id("company"), await _stage(gateway)
    async with gateway.subscribed(TELL) as told:
        made = await added(gateway, company=company, stage=stage)
        event = await anext(told)
    assert made["userErrors"] == []
    assert made["deal"] == {
        "id": made["deal"]["id"],
        "version": 1,
        "name": "Sails",
        "owner": {"name": "Dario Conti"},
        "amount": {"amount": "12.50", "currencyCode": "EUR"},
        "company": {"id": company},
        "stage": {"id": stage},
    }
    assert event.data == {"recordChanged": {"record": {"id": made["deal"]["id"], "version": 1}}}
    history, entries, events = await written(gateway, made["deal"]["id"])
    assert [key for key, _ in history] == ["name", "amount", "owner"]
    assert [action for action, _ in entries] == ["record.created"]
    assert [kind for kind, _ in events] == ["record.created"]


async def test_a_changed_record_has_a_new_version_and_a_stale_change_is_refused(gateway: Gateway) -> None:
    deal = (await added(gateway))["deal"]["id"]
    company = await gateway.some_id("company")
    moves: list[dict[str, Any]] = [
        {"closeOn": "2030-01-01"},
        {"closeOn": "2030-01-01"},
        {"closeOn": "2030-01-02", "company": company, "version": 2},
        {"closeOn": "2030-01-03", "version": 2},
    ]
    answers = [(await gateway.query(MOVE, {"deal": deal, **move}))["alphaDealMove"] for move in moves]
    assert [answer["deal"] for answer in answers] == [
        {"version": 2, "closeOn": "2030-01-01", "company": None},
        {"version": 2, "closeOn": "2030-01-01", "company": None},
        {"version": 3, "closeOn": "2030-01-02", "company": {"id": company}},
        None,
    ]
    (stale,) = answers[-1]["userErrors"]
    assert (stale["code"], stale["path"], stale["currentVersion"]) == ("STALE", ["input", "ifVersion"], 3)
    history, entries, events = await written(gateway, deal)
    assert history[3:] == (
        ("close_on", "2030-01-01"),
        ("close_on", "2030-01-02"),
        ("company", company),
    )
    assert entries[-1] == (
        "record.changed",
        {"close_on": ["2030-01-01", "2030-01-02"], "company": [None, company]},
    )
    assert [kind for kind, _ in events] == ["record.created", "record.changed", "record.changed"]


async def test_a_value_that_does_not_fit_is_a_user_error_and_nothing_is_written(gateway: Gateway) -> None:
    before = await _deals(gateway)
    for name, code, message in (
        ("x" * 256, "INVALID", "The property 'name' has 256 characters; at most 255 are kept."),
        (" ", "REQUIRED", "The property 'name' cannot be empty."),
    ):
        made = await added(gateway, name=name)
        assert made["deal"] is None
        assert [(e["code"], e["path"], e["message"]) for e in made["userErrors"]] == [
            (code, ["input", "name"], message)
        ]
    assert await _deals(gateway) == before


@pytest.mark.parametrize("name", ["version", "created_at", "portal_id", "stage_id", "nothing"])
async def test_what_tabard_keeps_cannot_be_written(gateway: Gateway, name: str) -> None:
    deal = (await added(gateway))["deal"]["id"]
    document = """mutation ($deal: ID!, $given: String!) {
      alphaMeddle(input: { deal: $deal, given: $given }) { deal { id } }
    }"""
    answer = await gateway.execute(document, {"deal": deal, "given": name})
    assert answer.codes == ["PLUGIN_ERROR"]
    assert len((await written(gateway, deal))[1]) == 1


@pytest.mark.promise("P18")
async def test_a_statement_that_was_refused_is_never_answered_as_done(gateway: Gateway) -> None:
    """PostgreSQL undoes such a transaction whatever the plugin makes of the error; so does SQLite here."""
    deal = (await added(gateway))["deal"]["id"]
    document = """mutation ($deal: ID!, $again: Boolean!) {
      alphaSwallow(input: { deal: $deal, again: $again }) { deal { name } userErrors { code } }
    }"""
    answer = await gateway.execute(document, {"deal": deal, "again": True})
    assert (answer.codes, answer.data) == (["PLUGIN_ERROR"], {"alphaSwallow": None})
    assert len((await written(gateway, deal))[1]) == 1
    done = await gateway.query(document, {"deal": deal, "again": False})
    assert done["alphaSwallow"] == {"deal": {"name": "Renamed"}, "userErrors": []}


async def test_what_the_database_refuses_at_the_commit_is_its_plugins_failure(gateway: Gateway) -> None:
    deal = (await added(gateway))["deal"]["id"]
    document = "mutation ($deal: ID!) { alphaLose(input: { deal: $deal }) { deal { id } } }"
    answer = await gateway.execute(document, {"deal": deal})
    assert (answer.codes, answer.data) == (["PLUGIN_ERROR"], {"alphaLose": None})


async def test_one_row_can_be_appended_twice(gateway: Gateway) -> None:
    deal = (await added(gateway))["deal"]["id"]
    document = "mutation ($deal: ID!) { alphaRepeat(input: { deal: $deal }) { deal { id } } }"
    assert await gateway.query(document, {"deal": deal}) == {"alphaRepeat": {"deal": {"id": deal}}}
    assert [action for action, _ in (await written(gateway, deal))[1][1:]] == ["noted", "noted"]


async def test_text_that_its_column_cannot_hold_is_a_user_error_on_both_databases(gateway: Gateway) -> None:
    document = (
        "mutation ($key: String!) { alphaNote(input: { key: $key }) { userErrors { code path message } } }"
    )
    for key, problem in (
        ("k" * 64, "has 64 characters; at most 63 are kept"),
        ("a\x00b", "holds a NUL character, which cannot be kept"),
    ):
        answer = await gateway.query(document, {"key": key})
        assert answer["alphaNote"]["userErrors"] == [
            {"code": "INVALID", "path": ["input", "key"], "message": f"The text 'key' {problem}."}
        ]
    assert (await gateway.query(document, {"key": "k" * 63}))["alphaNote"]["userErrors"] == []


async def test_records_of_custom_objects_are_not_made_this_way(gateway: Gateway) -> None:
    answer = await gateway.execute("mutation { alphaMake { userErrors { code } } }")
    assert answer.codes == ["PLUGIN_ERROR"]


async def _stage(gateway: Gateway) -> str:
    found = await gateway.query("{ deals(first: 1) { nodes { stage { id } } } }")
    stage: str = found["deals"]["nodes"][0]["stage"]["id"]
    return stage


async def _deals(gateway: Gateway) -> int:
    found = await gateway.query("{ deals(first: 1) { totalCount } }")
    return int(found["deals"]["totalCount"])
