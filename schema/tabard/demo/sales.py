"""Sales and support of the demo: deals in a pipeline of six stages, and tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tabard.demo.customers import pick_owner
from tabard.demo.seeder import Seeded, Seeder
from tabard.demo.words import Words
from tabard.nouns.crm import Company, Contact, Deal, Ticket

PRIORITIES = ("LOW", "MEDIUM", "MEDIUM", "HIGH")


def add_deals(seeder: Seeder, words: Words, currencies: dict[int, str], count: int) -> None:
    """Adds deals in all stages; a few have no amount, and a few no company."""
    made = seeder.records(Deal, [_deal(seeder, words, currencies) for _ in range(count)])
    _associate(seeder, Deal, made)


def add_tickets(seeder: Seeder, words: Words, count: int) -> None:
    """Adds tickets in all stages."""
    made = seeder.records(Ticket, [_ticket(seeder, words) for _ in range(count)])
    _associate(seeder, Ticket, made)


def _deal(seeder: Seeder, words: Words, currencies: dict[int, str]) -> dict[str, Any]:
    rng = seeder.rng
    company = rng.choice(seeder.of(Company)) if rng.random() < 0.95 else None
    currency = currencies[company.id] if company else seeder.portal.currency
    pipeline = seeder.pipelines(Deal)[0]
    stage = rng.choice(list(pipeline.stages))
    is_closed = stage.startswith("closed")
    days = -rng.randrange(1, 180) if is_closed else rng.randrange(-10, 120)
    # A yen is worth about a hundredth of the other currencies' units.
    unit = 100 if currency == "JPY" else 1
    amount = (rng.randrange(5, 900) * 100 * unit, currency) if is_closed or rng.random() < 0.9 else None
    return {
        "name": words.deal(company.name if company else "a new customer"),
        "amount": amount,
        "close_on": seeder.today + timedelta(days=days),
        "company_id": company.id if company else None,
        "owner_id": (company.owner_id if company else None) or pick_owner(seeder),
        "pipeline_id": pipeline.id,
        "stage_id": pipeline.stages[stage],
        "last_activity_at": seeder.ago(rng.uniform(0.1, 45)),
    }


def _ticket(seeder: Seeder, words: Words) -> dict[str, Any]:
    rng = seeder.rng
    company = rng.choice(seeder.of(Company))
    pipeline = seeder.pipelines(Ticket)[0]
    name, age = words.ticket(), rng.uniform(0.2, 90)
    return {
        "name": name,
        "description": f"{name}. Reported by {company.name}.",
        "priority": rng.choice(PRIORITIES),
        "company_id": company.id,
        "owner_id": pick_owner(seeder),
        "pipeline_id": pipeline.id,
        "stage_id": rng.choice(list(pipeline.stages.values())),
        "created_at": seeder.ago(age),
        "updated_at": seeder.ago(age * rng.random()),
        "last_activity_at": seeder.ago(age * rng.random()),
    }


def _associate(seeder: Seeder, type_: type, made: list[Seeded]) -> None:
    """Associates records with their companies, and with one or two people who work there."""
    at_home = [record for record in made if record.company_id is not None]
    seeder.associate(type_, Company, [(record.id, record.company_id or 0) for record in at_home])
    people: dict[int | None, list[int]] = {}
    for contact in seeder.of(Contact):
        people.setdefault(contact.company_id, []).append(contact.id)
    pairs = [
        (record.id, contact)
        for record in at_home
        for contact in people.get(record.company_id, [])[: seeder.rng.randrange(1, 3)]
    ]
    seeder.associate(type_, Contact, pairs)
