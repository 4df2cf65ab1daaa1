"""Portals and personas: what a new account has, what it cannot be called, and who is found in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.assembly import assemble
from tabard.errors import CommandRefused, NameUnknown
from tabard.personas import find_user
from tabard.portals import MadePortal, NewPortal, create_portal, find_portal, portal_ids
from tabard.records import tables
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory
from tabard.storage.scope import Scope

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind, without a portal."""
    database = Database(migrated_url, assemble([]).registry.tables)
    yield database
    await database.close()


async def make(database: Database, key: str = "acme", plan: str = "PROFESSIONAL", **facts: str) -> MadePortal:
    return await create_portal(database, NewPortal(key, plan, **facts), IdFactory(1), NOW)


async def fetch(database: Database, portal_id: int, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
    session = database.reading(Scope(portal_id))
    try:
        return [tuple(row) for row in await session.fetch(statement)]
    finally:
        await session.close()


async def test_a_new_portal_has_what_it_was_asked_to_have(database: Database) -> None:
    facts = {"name": "Acme EU", "time_zone": "Europe/Rome", "locale": "pt-BR", "currency": "JPY"}
    made = await make(database, "acme-eu", "ENTERPRISE", **facts)
    portal = tables.portal.c
    (row,) = await fetch(
        database,
        made.id,
        sa.select(portal.key, portal.name, portal.plan, portal.time_zone, portal.locale, portal.currency),
    )
    assert row == ("acme-eu", "Acme EU", "ENTERPRISE", "Europe/Rome", "pt-BR", "JPY")


async def test_a_new_portal_has_a_default_workspace_and_a_super_admin_with_a_seat(database: Database) -> None:
    made = await make(database, admin="Ada")
    workspace, user = tables.workspace.c, tables.user.c
    assert await fetch(database, made.id, sa.select(workspace.id, workspace.name, workspace.slot)) == [
        (made.workspace_id, "Customer Success", 0)
    ]
    cells = sa.select(user.id, user.name, user.is_super_admin, user.has_seat, user.is_active, user.persona)
    assert await fetch(database, made.id, cells) == [(made.admin_id, "Ada", True, True, True, "super-admin")]


async def test_a_new_portal_has_pipelines_of_deals_and_tickets(database: Database) -> None:
    made = await make(database)
    pipeline, stage = tables.pipeline, tables.stage.c
    statement = (
        sa.select(stage.key, stage.probability, stage.is_closed, stage.is_won)
        .join(pipeline, pipeline.c.id == stage.pipeline_id)
        .order_by(stage.display_order)
    )
    assert await fetch(database, made.id, statement.where(pipeline.c.object_type == "deal")) == [
        ("qualified", Decimal("0.2"), False, False),
        ("discovery", Decimal("0.4"), False, False),
        ("proposal", Decimal("0.6"), False, False),
        ("negotiation", Decimal("0.8"), False, False),
        ("closed_won", Decimal(1), True, True),
        ("closed_lost", Decimal(0), True, False),
    ]
    assert await fetch(database, made.id, statement.where(pipeline.c.object_type == "ticket")) == [
        ("new", None, False, False),
        ("waiting_on_contact", None, False, False),
        ("waiting_on_us", None, False, False),
        ("closed", None, True, False),
    ]


async def test_a_portal_that_says_no_name_is_called_by_its_key(database: Database) -> None:
    assert (await make(database, "acme-eu")).name == "Acme Eu"


async def test_a_key_is_taken_once(database: Database) -> None:
    made = await make(database)
    with pytest.raises(CommandRefused) as refused:
        await make(database)
    assert str(refused.value) == "there is a portal with the key 'acme' already; choose another key"
    assert await portal_ids(database) == {"acme": made.id}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"key": "Acme"},
            "'Acme' is no key of a portal; write small letters, digits and hyphens, such as acme-eu",
        ),
        ({"key": ""}, "'' is no key of a portal; write small letters, digits and hyphens, such as acme-eu"),
        (
            {"key": "a" * 64},
            f"'{'a' * 64}' is no key of a portal; write small letters, digits and hyphens, such as acme-eu",
        ),
        ({"plan": "FREE"}, "'FREE' is no plan of a portal; write starter, professional or enterprise"),
        (
            {"time_zone": "Rome"},
            "'Rome' is no time zone of a portal; write an IANA name, such as Europe/Rome",
        ),
        (
            {"locale": "portuguese"},
            "'portuguese' is no locale of a portal; write a BCP 47 tag, such as pt-BR",
        ),
        ({"currency": "euro"}, "'euro' is no currency of a portal; write an ISO 4217 code, such as EUR"),
    ],
)
def test_what_a_portal_cannot_have_is_refused(facts: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        NewPortal(**({"key": "acme", "plan": "ENTERPRISE"} | facts)).check()
    assert str(refused.value) == sentence


async def test_an_unknown_portal_is_answered_with_those_there_are(database: Database) -> None:
    with pytest.raises(NameUnknown) as refused:
        await find_portal(database, "acme")
    assert str(refused.value) == (
        "there is no portal 'acme'; there is none; `tabard portal create` makes one"
    )
    ids = {key: (await make(database, key)).id for key in ("beta", "alpha")}
    with pytest.raises(NameUnknown) as refused:
        await find_portal(database, "acme")
    assert str(refused.value) == "there is no portal 'acme'; there are: alpha, beta"
    assert await find_portal(database, "beta") == ids["beta"]


async def test_a_persona_is_found_in_the_portal_that_is_named(database: Database) -> None:
    made = await make(database, "alpha")
    other = await make(database, "beta")
    found = await find_user(database, "super-admin", "beta")
    assert (found.portal_id, found.portal_key, found.user_id) == (other.id, "beta", other.admin_id)
    with pytest.raises(CommandRefused) as refused:
        await find_user(database, "super-admin")
    assert str(refused.value) == (
        "several users are 'super-admin', in alpha, beta; choose a portal with --portal"
    )
    demo = await make(database, "demo")
    assert (await find_user(database, "super-admin")).user_id == demo.admin_id
    assert (await find_user(database, "super-admin", "alpha")).user_id == made.admin_id


async def test_an_imported_user_is_found_by_the_external_id_while_active(database: Database) -> None:
    made = await make(database)
    active = {"name": "Bo", "is_super_admin": False, "has_seat": True, "created_at": NOW}
    async with database.writing(Scope(made.id)) as session:
        rows = [
            {**active, "id": 1, "name_folded": "bo", "external_id": "A-7", "is_active": True},
            {**active, "id": 2, "name_folded": "bo", "external_id": "A-8", "is_active": False},
        ]
        await session.execute(sa.insert(tables.user), rows)
    assert (await find_user(database, "user:A-7")).user_id == 1
    with pytest.raises(NameUnknown) as refused:
        await find_user(database, "user:A-8", "acme")
    assert str(refused.value) == (
        "no user in the portal 'acme' is 'user:A-8'; there are: super-admin; "
        "write user:EXTERNAL-ID for an imported user"
    )
