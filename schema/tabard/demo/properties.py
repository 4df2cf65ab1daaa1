"""Custom properties of the demo: one of each kind on companies, with values for most of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tabard.columns import fold
from tabard.demo.customers import pick_owner
from tabard.demo.seeder import Seeder
from tabard.nouns.crm import Company
from tabard.properties import PropertyKind
from tabard.records import tables

FILLED = 0.85
TIERS = {"bronze": "Bronze", "silver": "Silver", "gold": "Gold"}
NOTES = (
    "Prefers calls in the morning.",
    "Wants a yearly review.",
    "Pays by quarter.",
    "Asked for a roadmap.",
)


def _text(seeder: Seeder) -> dict[str, Any]:
    note = seeder.rng.choice(NOTES)
    return {"text_value": note, "text_folded": fold(note)}


def _number(seeder: Seeder) -> dict[str, Any]:
    return {"number_value": Decimal(seeder.rng.randrange(0, 101)) / 10}


def _money(seeder: Seeder) -> dict[str, Any]:
    return {"number_value": Decimal(seeder.rng.randrange(10, 900) * 100), "currency": seeder.portal.currency}


def _date(seeder: Seeder) -> dict[str, Any]:
    return {"date_value": seeder.today - timedelta(days=seeder.rng.randrange(10, 900))}


def _instant(seeder: Seeder) -> dict[str, Any]:
    return {"instant_value": seeder.ago(seeder.rng.uniform(1, 120))}


def _boolean(seeder: Seeder) -> dict[str, Any]:
    return {"number_value": Decimal(seeder.rng.randrange(2))}


def _option(seeder: Seeder) -> dict[str, Any]:
    tier = seeder.rng.choice(list(TIERS))
    return {"text_value": tier, "text_folded": fold(tier)}


def _user(seeder: Seeder) -> dict[str, Any]:
    return {"user_id": pick_owner(seeder)}


Value = Callable[[Seeder], dict[str, Any]]
PROPERTIES: tuple[tuple[str, str, PropertyKind, Value], ...] = (
    ("account_note", "Account note", PropertyKind.TEXT, _text),
    ("satisfaction", "Satisfaction", PropertyKind.NUMBER, _number),
    ("contract_value", "Contract value", PropertyKind.MONEY, _money),
    ("onboarded_on", "Onboarded on", PropertyKind.DATE, _date),
    ("last_review_at", "Last review", PropertyKind.DATETIME, _instant),
    ("is_reference", "Is a reference", PropertyKind.BOOLEAN, _boolean),
    ("service_tier", "Service tier", PropertyKind.OPTION, _option),
    ("backup_csm", "Backup CSM", PropertyKind.USER, _user),
)


def add_properties(seeder: Seeder) -> None:
    """Adds the definitions, and values for most companies."""
    ids = seeder.add(tables.property_definition, [_definition(*item[:3]) for item in PROPERTIES])
    for property_id, (_, _, _, value) in zip(ids, PROPERTIES, strict=True):
        rows = [
            {"record_id": company.id, "property_id": property_id, "updated_at": seeder.now, **value(seeder)}
            for company in seeder.of(Company)
            if seeder.rng.random() < FILLED
        ]
        seeder.add(tables.property_value, rows)


def _definition(key: str, label: str, kind: PropertyKind) -> dict[str, Any]:
    options = [{"value": value, "label": text} for value, text in TIERS.items()]
    return {
        "object_type": "company",
        "key": key,
        "label": label,
        "group_key": "customer_success",
        "kind": kind.value,
        "options": options if kind is PropertyKind.OPTION else [],
        "version": 1,
    }
