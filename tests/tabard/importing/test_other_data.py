"""Data of another make: German columns, semicolons, decimal commas, several currencies, every kind of record."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tabard.records import tables
from tests.tabard.importing.importer import Importer

MAPPING = """
[defaults]
delimiter = ";"
decimal = ","
thousands = "."
date_format = "%d.%m.%Y"
datetime_format = "%d.%m.%Y %H:%M"
empty = ["-", "k.A."]
true = ["ja"]
false = ["nein"]

[[property]]
of = "company"
key = "newsletter"
kind = "BOOLEAN"

[[property]]
of = "company"
key = "csm"
kind = "USER"
label = "CSM"

[[property]]
of = "company"
key = "credit_limit"
kind = "MONEY"

[[property]]
of = "ticket"
key = "opened_at"
kind = "DATETIME"

[[property]]
of = "ticket"
key = "channel"
kind = "OPTION"
options = [{ value = "mail", label = "E-Mail" }]

[[property]]
of = "deal"
key = "chance"
kind = "NUMBER"

[[pipeline]]
of = "deal"
key = "neugeschaeft"
label = "Neugeschäft"

[[pipeline.stages]]
key = "angebot"
label = "Angebot"
probability = 0.4

[[pipeline.stages]]
key = "auftrag"
label = "Auftrag"
won = true
probability = 1.0

[[pipeline]]
of = "deal"
key = "verlaengerung"
label = "Verlängerung"
stages = [{ key = "offen", label = "Offen" }]

[[pipeline]]
of = "ticket"
key = "hilfe"
label = "Hilfe"
stages = [{ key = "neu", label = "Neu" }, { key = "zu", label = "Geschlossen", closed = true }]

[[pipeline]]
of = "service"
key = "dienste"
label = "Dienste"
stages = [{ key = "laeuft", label = "Läuft" }]

[[import]]
file = "leute/betreuer.csv"
into = "team"
external_id = "Team"
distinct = true

[import.properties]
name = "Team"

[[import]]
file = "leute/betreuer.csv"
into = "user"
external_id = "Kürzel"
team = { column = "Team", by = "name" }
extra_teams = { column = "Weitere", separator = "," }
seat = false

[import.properties]
name = { template = "{Vorname} {Nachname}" }
email = "E-Mail"
is_active = "Aktiv"
time_zone = { value = "Europe/Berlin" }

[[import]]
file = "kunden.csv"
into = "company"
external_id = { template = "DE-{Nr}" }
encoding = "cp1252"

[import.where]
Art = ["Kunde", "Interessent"]

[import.values.Branche]
Masch = "Maschinenbau"

[import.properties]
name = "Firma"
domain = "Netz"
industry = "Branche"
annual_revenue = { column = "Umsatz (Mio)", multiply = 1_000_000, currency_column = "Währung" }
employee_count = "Mitarbeiter"
newsletter = "Newsletter"
credit_limit = { column = "Kredit", ignore = "€ ", currency = "EUR" }
csm = "Betreuer"
owner = { column = "Mail", by = "email" }
country = { value = "Deutschland" }
created_at = { column = "Seit", datetime_format = "%d.%m.%Y" }

[import.associations]
parent = { template = "DE-{Mutter}" }

[[import]]
file = "kontakte.csv"
into = "contact"
external_id = "Id"
delimiter = "\\t"

[import.properties]
name = { template = ["{Vorname} {Nachname}", "{Nachname}", "{Mail}"] }
email = "Mail"
job_title = { column = "Rolle", default = "unbekannt" }

[import.associations]
company = { column = "Firma", by = "name", unknown = "ignore" }

[[import]]
file = "chancen.csv"
into = "deal"
external_id = "Nr"
pipeline = "Linie"
stage = "Phase"

[import.properties]
name = "Titel"
amount = { column = "Betrag", currency_column = "Währung" }
close_on = "Abschluss"
chance = { column = "Chance", ignore = "%", multiply = 0.01 }

[import.associations]
company = { template = "DE-{Kunde}" }
contact = { column = "Kontakte", separator = "|", label = "Entscheider", inverse_label = "Entscheidet über" }

[[import]]
file = "tickets.csv"
into = "ticket"
external_id = { template = "{#line}" }
stage = { column = "Status", default = "Neu" }

[import.properties]
name = "Betreff"
description = "Text"
priority = "Prio"
opened_at = "Eröffnet"
channel = "Kanal"

[import.values]
Prio = { "1" = "HIGH", "2" = "MEDIUM", "3" = "LOW" }

[import.associations]
company = { column = "Netz", by = "domain" }

[[import]]
file = "dienste.csv"
into = "service"
external_id = "Nr"
stage = { value = "Läuft" }

[import.properties]
name = "Dienst"
total_cost = { column = "Kosten", currency = "JPY" }
starts_on = "Beginn"
owner = "Betreuer"

[import.associations]
company = { template = "DE-{Kunde}" }

[[import]]
file = "beziehungen.csv"
into = "association"
label = "Ansprechpartner"

[import.between]
ticket = { column = "Ticket" }
contact = "Kontakt"
"""


def write_files(importer: Importer) -> None:
    """The files of the data set."""
    importer.write(
        "leute/betreuer.csv",
        "Kürzel;Vorname;Nachname;E-Mail;Team;Weitere;Aktiv",
        "aw;Anna;Weber;anna@x.example;Nord;Süd, Nord;ja",
        "bk;Ben;Kurz;ben@x.example;Süd;;nein",
    )
    importer.write(
        "kunden.csv",
        "Nr;Art;Firma;Netz;Branche;Umsatz (Mio);Währung;Mitarbeiter;Newsletter;Kredit;Mutter;Betreuer;Mail;Seit",
        "1;Kunde;Müller AG;mueller.example;Masch;1.234,5;CHF;1.200;ja;1.500,75 €;;aw;BEN@X.EXAMPLE;01.02.2020".replace(
            "BEN@X.EXAMPLE", "ben@x.example"
        ),
        "2;Interessent;Groß & Söhne;gross.example;Handel;-;k.A.;12;nein;-;1;-;;15.07.2021",
        "3;Lieferant;Niemand;;;;;;;;;;;",
        encoding="cp1252",
    )
    importer.write(
        "kontakte.csv",
        "Id\tVorname\tNachname\tMail\tFirma\tRolle",
        "K1\tEva\tLang\teva@m.example\tmüller  AG\tCEO",
        "K2\t\tKlein\t\tUnbekannt GmbH\t",
        "K3\t\t\tinfo@g.example\tGROSS & SÖHNE\tEinkauf",
    )
    importer.write(
        "chancen.csv",
        "Nr;Titel;Kunde;Betrag;Währung;Linie;Phase;Abschluss;Chance;Kontakte",
        "C1;Großauftrag;1;12.345,67;CHF;Neugeschäft;Auftrag;31.12.2025;100%;K1|K3",
        "C2;Kleinauftrag;2;99;;neugeschaeft;angebot;01.03.2026;12,5 %;",
        "C3;Verlängerung;1;5000;JPY;Verlängerung;Offen;-;;K1",
    )
    importer.write(
        "tickets.csv",
        "Betreff;Text;Prio;Status;Eröffnet;Netz;Kanal",
        'Drucker;"Er druckt',
        'nicht; ""gar"" nicht";1;;05.07.2025 14:30;mueller.example;E-Mail',
        "Frage;;3;Geschlossen;05.01.2025 14:30;;Telefon",
    )
    importer.write(
        "dienste.csv",
        "Nr;Dienst;Kosten;Beginn;Kunde;Betreuer",
        "D1;Einführung;120.000;01.04.2026;1;aw",
    )
    importer.write("beziehungen.csv", "Ticket;Kontakt", "2;K1", "4;K3")


async def test_another_make_of_data_arrives_as_its_mapping_says(importer: Importer) -> None:
    write_files(importer)
    report = await importer.run(MAPPING)
    assert {noun: tally.created for noun, tally in report.tallies.items()} == {
        "team": 2, "user": 2, "company": 2, "contact": 3, "deal": 3, "ticket": 2, "service": 1,
    }  # fmt: skip
    assert report.associations == 5
    await check_people(importer)
    await check_companies(importer)
    await check_contacts(importer)
    await check_deals(importer)
    await check_tickets(importer)
    await check_services(importer)
    await check_associations(importer)
    again = await importer.run(MAPPING)
    assert {noun: tally.unchanged for noun, tally in again.tallies.items()} == {
        "team": 2, "user": 2, "company": 2, "contact": 3, "deal": 3, "ticket": 2, "service": 1,
    }  # fmt: skip
    assert again.associations == 0


async def check_people(importer: Importer) -> None:
    """Users have their teams, one of them primary; nobody has a seat, as the mapping says."""
    user, team, member = tables.user, tables.team, tables.team_member
    joined = user.join(member, member.c.user_id == user.c.id).join(team, team.c.id == member.c.team_id)
    assert await importer.rows(user.c.external_id, team.c.name, member.c.is_primary, of=joined) == [
        ("aw", "Nord", True),
        ("aw", "Süd", False),
        ("bk", "Süd", True),
    ]
    columns = (user.c.name, user.c.email, user.c.is_active, user.c.has_seat, user.c.time_zone)
    assert await importer.rows(*columns, where=user.c.external_id.is_not(None)) == [
        ("Anna Weber", "anna@x.example", True, False, "Europe/Berlin"),
        ("Ben Kurz", "ben@x.example", False, False, "Europe/Berlin"),
    ]
    permission = tables.user_permission
    assert await importer.rows(
        user.c.external_id,
        permission.c.permission,
        of=user.join(permission, permission.c.user_id == user.c.id),
    ) == [("aw", "CUSTOMER_SUCCESS_WORKSPACE"), ("bk", "CUSTOMER_SUCCESS_WORKSPACE")]


async def check_companies(importer: Importer) -> None:
    """Customers and leads are companies, suppliers are not."""
    company, user = tables.company, tables.user
    columns = (
        company.c.external_id, company.c.name, company.c.industry, company.c.annual_revenue_minor,
        company.c.annual_revenue_currency, company.c.employee_count, company.c.country, user.c.external_id,
        company.c.created_at,
    )  # fmt: skip
    found = await importer.rows(*columns, of=company.outerjoin(user, user.c.id == company.c.owner_id))
    assert found == [
        (
            "DE-1", "Müller AG", "Maschinenbau", 123_450_000_000, "CHF", 1200, "Deutschland", "bk",
            datetime(2020, 1, 31, 23, tzinfo=UTC),
        ),
        ("DE-2", "Groß & Söhne", "Handel", None, None, 12, "Deutschland", None, datetime(2021, 7, 14, 22, tzinfo=UTC)),
    ]  # fmt: skip
    parent = company.alias("parent_company")
    joined = company.join(parent, parent.c.id == company.c.parent_id)
    assert await importer.rows(company.c.external_id, parent.c.external_id, of=joined) == [("DE-2", "DE-1")]
    assert await importer.custom(company, "newsletter", "number_value") == {
        "DE-1": Decimal(1),
        "DE-2": Decimal(0),
    }
    assert await importer.custom(company, "credit_limit", "number_value") == {"DE-1": Decimal("1500.75")}
    assert await importer.custom(company, "credit_limit", "currency") == {"DE-1": "EUR"}
    ids = dict(await importer.rows(user.c.id, user.c.external_id))
    assert {key: ids[value] for key, value in (await importer.custom(company, "csm", "user_id")).items()} == {
        "DE-1": "aw"
    }


async def check_contacts(importer: Importer) -> None:
    """Contacts find their company by name, however it is written; an unknown one may be ignored."""
    contact, company = tables.contact, tables.company
    joined = contact.outerjoin(company, company.c.id == contact.c.company_id)
    assert await importer.rows(
        contact.c.external_id, contact.c.name, contact.c.job_title, company.c.name, of=joined
    ) == [
        ("K1", "Eva Lang", "CEO", "Müller AG"),
        ("K2", "Klein", "unbekannt", None),
        ("K3", "info@g.example", "Einkauf", "Groß & Söhne"),
    ]


async def check_deals(importer: Importer) -> None:
    """Deals are in two pipelines and three currencies; without a currency it is the portal's."""
    deal, stage, pipeline = tables.deal, tables.stage, tables.pipeline
    joined = deal.join(stage, stage.c.id == deal.c.stage_id).join(
        pipeline, pipeline.c.id == deal.c.pipeline_id
    )
    columns = (deal.c.external_id, deal.c.amount_minor, deal.c.amount_currency, deal.c.close_on)
    assert await importer.rows(*columns, pipeline.c.key, stage.c.key, of=joined) == [
        ("C1", 1_234_567, "CHF", date(2025, 12, 31), "neugeschaeft", "auftrag"),
        ("C2", 9900, "EUR", date(2026, 3, 1), "neugeschaeft", "angebot"),
        ("C3", 5000, "JPY", None, "verlaengerung", "offen"),
    ]
    assert await importer.custom(deal, "chance", "number_value") == {"C1": Decimal(1), "C2": Decimal("0.125")}
    order = await importer.rows(
        pipeline.c.display_order, pipeline.c.key, where=pipeline.c.object_type == "deal"
    )
    assert order == [(0, "neugeschaeft"), (1, "verlaengerung"), (2, "default")]
    stages = await importer.rows(
        stage.c.display_order, stage.c.key, stage.c.is_closed, stage.c.is_won, stage.c.probability,
        of=stage.join(pipeline, pipeline.c.id == stage.c.pipeline_id), where=pipeline.c.key == "neugeschaeft",
    )  # fmt: skip
    assert stages == [(0, "angebot", False, False, Decimal("0.4")), (1, "auftrag", True, True, Decimal(1))]


async def check_tickets(importer: Importer) -> None:
    """Tickets are known by their line, also behind a cell of two lines; times are of the portal's zone."""
    ticket, stage, company = tables.ticket, tables.stage, tables.company
    joined = ticket.join(stage, stage.c.id == ticket.c.stage_id).outerjoin(
        company, company.c.id == ticket.c.company_id
    )
    columns = (ticket.c.external_id, ticket.c.name, ticket.c.description, ticket.c.priority)
    assert await importer.rows(*columns, stage.c.key, company.c.name, of=joined) == [
        ("2", "Drucker", 'Er druckt\nnicht; "gar" nicht', "HIGH", "neu", "Müller AG"),
        ("4", "Frage", None, "LOW", "zu", None),
    ]
    assert await importer.custom(ticket, "opened_at", "instant_value") == {
        "2": datetime(2025, 7, 5, 12, 30, tzinfo=UTC),
        "4": datetime(2025, 1, 5, 13, 30, tzinfo=UTC),
    }
    assert await importer.custom(ticket, "channel", "text_value") == {"2": "mail", "4": "Telefon"}
    definition = tables.property_definition
    options = await importer.gateway.fetch(
        definition.select().with_only_columns(definition.c.options).where(definition.c.key == "channel"),
        "acme",
    )
    assert options[0][0] == [{"value": "mail", "label": "E-Mail"}, {"value": "Telefon", "label": "Telefon"}]


async def check_services(importer: Importer) -> None:
    """A record type that a plugin brings is imported like any other."""
    service = importer.gateway.graph.registry.records["service"].table
    joined = service.join(tables.user, tables.user.c.id == service.c.owner_id)
    columns = (
        service.c.external_id,
        service.c.total_cost_minor,
        service.c.total_cost_currency,
        service.c.starts_on,
    )
    assert await importer.rows(*columns, tables.user.c.name, of=joined) == [
        ("D1", 120_000, "JPY", date(2026, 4, 1), "Anna Weber")
    ]


async def check_associations(importer: Importer) -> None:
    """Associations stand in both directions, with their labels."""
    association, label = tables.association, tables.association_label
    found = await importer.rows(
        association.c.from_type, association.c.to_type, association.c.is_inverse, label.c.label, label.c.inverse_label,
        of=association.join(label, label.c.id == association.c.label_id),
    )  # fmt: skip
    decides = ("Entscheider", "Entscheidet über")
    expected: list[tuple[object, ...]] = [
        ("deal", "contact", False, *decides),
        ("contact", "deal", True, *decides),
    ] * 3
    expected += [
        ("ticket", "contact", False, "Ansprechpartner", None),
        ("contact", "ticket", True, "Ansprechpartner", None),
    ] * 2
    assert sorted(found, key=repr) == sorted(expected, key=repr)
