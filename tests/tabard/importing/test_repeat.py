"""An import again: new rows come, changed ones are updated, all others stay as they are."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.errors import ImportRefused
from tabard.importing import ImportReport
from tabard.portals import NewPortal, create_portal
from tabard.records import tables
from tabard.storage.scope import Scope
from tabard.testing import Gateway
from tests.support.databases import bundled, finished
from tests.tabard.importing.importer import PORTAL, Importer

MAPPING = """
[[property]]
of = "company"
key = "score"
kind = "NUMBER"

[[property]]
of = "company"
key = "size"
kind = "OPTION"
options = ["small"]

[[pipeline]]
of = "deal"
key = "sales"
stages = [{ key = "open" }, { key = "won", won = true }]

[[import]]
file = "people.csv"
into = "team"
external_id = "team"
distinct = true
[import.properties]
name = "team"

[[import]]
file = "people.csv"
into = "user"
external_id = "id"
team = "team"
[import.properties]
name = "name"

[[import]]
file = "companies.csv"
into = "company"
external_id = "id"
[import.properties]
name = "name"
domain = "domain"
score = "score"
size = "size"
owner = "owner"
[import.associations]
parent = "parent"

[[import]]
file = "deals.csv"
into = "deal"
external_id = "id"
stage = "stage"
[import.properties]
name = "title"
[import.associations]
company = { column = "company", by = "name" }
contact = { column = "contacts", separator = " " }

[[import]]
file = "contacts.csv"
into = "contact"
external_id = "id"
[import.properties]
name = "name"
"""
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = datetime(2026, 2, 1, 12, tzinfo=UTC)
COMPANIES = (
    "id,name,domain,score,size,owner,parent",
    "1,Acme,a.example,1.5,small,u1,",
    "2,Beta,b.example,,large,,1",
)


def write_files(importer: Importer) -> None:
    """Some of each kind."""
    importer.write("people.csv", "id,name,team", "u1,Ann,North", "u2,Bob,South")
    importer.write("companies.csv", *COMPANIES)
    importer.write("contacts.csv", "id,name", "k1,Kim", "k2,Kai")
    importer.write(
        "deals.csv", "id,title,stage,company,contacts", "d1,One,open,Acme,k1 k2", "d2,Two,won,Beta,"
    )


async def companies(importer: Importer) -> list[tuple[Any, ...]]:
    """The companies, with version and date of change."""
    company = tables.company
    columns = (
        company.c.external_id,
        company.c.name,
        company.c.domain,
        company.c.version,
        company.c.updated_at,
    )
    return await importer.rows(*columns)


async def test_only_what_changed_is_updated(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING, now=FIRST)
    importer.write("companies.csv", *COMPANIES[:2], "2,Beta Ltd,,7,,u2,", "3,Gamma,,,,,2")
    importer.write(
        "deals.csv", "id,title,stage,company,contacts", "d1,One,open,Acme,k1 k2", "d2,Two,won,beta ltd,k1"
    )
    report = await importer.run(MAPPING, now=SECOND)
    assert await companies(importer) == [
        ("1", "Acme", "a.example", 1, FIRST),
        ("2", "Beta Ltd", None, 2, SECOND),
        ("3", "Gamma", None, 1, SECOND),
    ]
    tally = report.tallies["company"]
    assert (tally.created, tally.updated, tally.unchanged) == (1, 1, 1)
    assert report.tallies["deal"].unchanged == 2
    assert report.associations == 1
    company, user, parent = tables.company, tables.user, tables.company.alias("parent_company")
    joined = company.outerjoin(user, user.c.id == company.c.owner_id)
    joined = joined.outerjoin(parent, parent.c.id == company.c.parent_id)
    assert await importer.rows(company.c.external_id, user.c.name, parent.c.external_id, of=joined) == [
        ("1", "Ann", None),
        ("2", "Bob", None),
        ("3", None, "2"),
    ]
    assert await importer.custom(company, "score", "number_value") == {"1": Decimal("1.5"), "2": Decimal(7)}
    assert await importer.custom(company, "size", "text_value") == {"1": "small"}


async def test_a_changed_custom_value_alone_makes_a_new_version(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING, now=FIRST)
    importer.write("companies.csv", *(line.replace("1.5", "2.5") for line in COMPANIES))
    await importer.run(MAPPING, now=SECOND)
    assert [row[3:] for row in await companies(importer)] == [(2, SECOND), (1, FIRST)]
    assert await importer.custom(tables.company, "score", "number_value") == {"1": Decimal("2.5")}


async def test_what_the_mapping_does_not_set_stays(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING, now=FIRST)
    database = importer.gateway.graph.database
    async with database.writing(Scope(await importer.gateway.portal_id(PORTAL))) as session:
        await session.execute(sa.update(tables.company).values(industry="Software", version=5))
        await session.execute(
            sa.update(tables.user).where(tables.user.c.name == "Ann").values(has_seat=False)
        )
        await session.execute(sa.delete(tables.user_permission))
    importer.write("companies.csv", *(line.replace("Acme", "Acme Inc") for line in COMPANIES))
    importer.write("deals.csv", "id,title,stage,company,contacts", "d1,One,open,Acme Inc,k1 k2")
    await importer.run(MAPPING, now=SECOND)
    company, user = tables.company, tables.user
    assert await importer.rows(company.c.name, company.c.industry, company.c.version) == [
        ("Acme Inc", "Software", 6),
        ("Beta", "Software", 5),
    ]
    assert await importer.rows(user.c.has_seat, where=user.c.name == "Ann") == [(False,)]
    assert await importer.count(tables.user_permission) == 0
    assert await importer.count(tables.deal) == 2, "what a file no longer has stays"


async def test_rights_that_the_mapping_names_are_granted_again(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING)
    rights = 'seat = false\npermissions = ["PARTNER_DASHBOARD"]'
    await importer.run(MAPPING.replace('team = "team"\n', f'team = "team"\n{rights}\n'))
    permission, user = tables.user_permission, tables.user
    joined = user.join(permission, permission.c.user_id == user.c.id)
    assert await importer.rows(user.c.name, permission.c.permission, of=joined) == [
        (name, held)
        for name in ("Ann", "Bob")
        for held in ("CUSTOMER_SUCCESS_WORKSPACE", "PARTNER_DASHBOARD")
    ]
    assert await importer.rows(user.c.has_seat, where=user.c.external_id.is_not(None)) == [(False,), (False,)]


async def test_a_user_changes_teams_with_the_file(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING)
    importer.write("people.csv", "id,name,team", "u1,Ann,South", "u2,Bob,")
    report = await importer.run(MAPPING)
    user, team, member = tables.user, tables.team, tables.team_member
    joined = user.join(member, member.c.user_id == user.c.id).join(team, team.c.id == member.c.team_id)
    assert await importer.rows(user.c.name, team.c.name, member.c.is_primary, of=joined) == [
        ("Ann", "South", True)
    ]
    assert report.tallies["user"].updated == 2


async def test_stages_and_properties_follow_the_mapping(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING)
    stages = 'stages = [{ key = "new" }, { key = "won", label = "Won!", won = true }]'
    changed = MAPPING.replace('stages = [{ key = "open" }, { key = "won", won = true }]', stages)
    importer.write("deals.csv", "id,title,stage,company,contacts", "d1,One,new,Acme,k1 k2")
    await importer.run(changed.replace('key = "score"', 'key = "score"\nlabel = "Our score"'))
    stage, pipeline = tables.stage, tables.pipeline
    joined = stage.join(pipeline, pipeline.c.id == stage.c.pipeline_id)
    columns = (stage.c.display_order, stage.c.key, stage.c.label, stage.c.version)
    assert await importer.rows(*columns, of=joined, where=pipeline.c.key == "sales") == [
        (0, "new", "New", 1),
        (1, "won", "Won!", 2),
        (2, "open", "Open", 2),
    ]
    definition = tables.property_definition
    found = await importer.gateway.fetch(
        sa.select(definition.c.key, definition.c.label, definition.c.options, definition.c.version), PORTAL
    )
    assert sorted(found, key=repr) == [
        ("score", "Our score", [], 2),
        ("size", "Size", [{"value": "small", "label": "small"}, {"value": "large", "label": "large"}], 1),
    ]


async def test_a_change_while_the_import_is_prepared_refuses_it(importer: Importer) -> None:
    write_files(importer)
    await importer.run(MAPPING, now=FIRST)
    importer.write("companies.csv", *(line.replace("Acme", "Acme Inc") for line in COMPANIES))
    importer.write("deals.csv", "id,title,stage,company,contacts")
    url = importer.gateway.graph.database.url.render_as_string(hide_password=False)

    def meanwhile(step: str, done: int, total: int) -> None:
        if (step, done) == ("Checking", 1):
            finished(_touch(url, PORTAL))

    with pytest.raises(ImportRefused, match="somebody changed the portal while the import was prepared"):
        await importer.run(MAPPING, now=SECOND, progress=meanwhile)
    assert [(row[1], row[3]) for row in await companies(importer)] == [("Acme", 2), ("Beta", 2)]


async def _touch(url: str, portal: str) -> None:
    """Another process's change of all companies."""
    async with Gateway.on(url, *bundled()) as other:
        scope = Scope(await other.portal_id(portal))
        async with other.graph.database.writing(scope) as session:
            await session.execute(sa.update(tables.company).values(version=2))


async def test_an_import_that_ends_early_has_written_nothing(importer: Importer) -> None:
    write_files(importer)

    def stop(step: str, done: int, total: int) -> None:
        if step == "Writing deal":
            raise LookupError

    with pytest.raises(LookupError):
        await importer.run(MAPPING, progress=stop)
    for table in (tables.company, tables.contact, tables.deal, tables.team, tables.property_definition):
        assert await importer.count(table) == 0


async def test_two_portals_keep_the_same_ids_apart(importer: Importer) -> None:
    write_files(importer)
    graph = importer.gateway.graph
    await create_portal(graph.database, NewPortal("other", "ENTERPRISE"), graph.new_id)
    await importer.run(MAPPING)
    importer.write("companies.csv", *COMPANIES[:2], "2,Beta of the other,,,,,1")
    importer.write("deals.csv", "id,title,stage,company,contacts")
    await importer.run(MAPPING, portal="other")
    names = [row[1] for row in await companies(importer)]
    assert names == ["Acme", "Beta"]
    assert await importer.gateway.fetch(sa.select(sa.func.count()).select_from(tables.company), "other") == [
        (2,)
    ]


async def test_two_imports_at_once_never_write_a_thing_twice(importer: Importer) -> None:
    write_files(importer)
    mapping = importer.folder.parent / "once.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    found = await asyncio.gather(importer.run(mapping), importer.run(mapping), return_exceptions=True)
    assert any(isinstance(report, ImportReport) for report in found)
    assert all(isinstance(report, ImportReport | ImportRefused) for report in found)
    counted = (tables.company, tables.contact, tables.deal, tables.team_member, tables.property_definition)
    assert [await importer.count(table) for table in counted] == [2, 2, 2, 2, 2]
    assert await importer.count(tables.association) == 4
