"""A custom object of the demo: subscriptions, with their own pipeline, CSM and renewal date."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tabard.demo.customers import pick_owner
from tabard.demo.seeder import Seeded, Seeder
from tabard.nouns.crm import Company
from tabard.nouns.custom_objects import CustomRecord
from tabard.plans import ENTERPRISE
from tabard.properties import PropertyKind
from tabard.records import tables
from tabard.records.pipelines import NewPipeline, NewStage, add_pipeline

OBJECT_TYPE = "custom.subscription"
HAVING = 0.8
STAGES = (
    NewStage("trial", "Trial"),
    NewStage("running", "Running"),
    NewStage("ended", "Ended", is_closed=True),
)
PROPERTIES = (
    ("success_manager", "Success manager", PropertyKind.USER),
    ("renews_on", "Renews on", PropertyKind.DATE),
    ("yearly_price", "Yearly price", PropertyKind.MONEY),
)


def add_subscriptions(seeder: Seeder) -> None:
    """Adds the custom object with a subscription for most companies, where the plan has custom objects."""
    if seeder.portal.plan != ENTERPRISE.key:
        return
    defined = {"object_type": OBJECT_TYPE, "label": "Subscription", "plural_label": "Subscriptions"}
    seeder.add(tables.custom_object, [{**defined, "version": 1}])
    made = _subscriptions(seeder)
    ids = seeder.add(tables.property_definition, [_definition(*item) for item in PROPERTIES])
    for property_id, (_, _, kind) in zip(ids, PROPERTIES, strict=True):
        rows = [
            {"record_id": record.id, "property_id": property_id} | _value(seeder, kind) for record in made
        ]
        seeder.add(tables.property_value, rows)


def _subscriptions(seeder: Seeder) -> list[Seeded]:
    pipeline = add_pipeline(seeder.batch, NewPipeline(OBJECT_TYPE, "default", "Subscriptions", STAGES))
    stages = list(pipeline.stages.values())
    companies = [company for company in seeder.of(Company) if seeder.rng.random() < HAVING]
    rows = [
        {
            "name": f"{company.name} subscription",
            "object_type": OBJECT_TYPE,
            "owner_id": company.owner_id,
            "pipeline_id": pipeline.id,
            "stage_id": seeder.rng.choice(stages),
        }
        for company in companies
    ]
    made = seeder.records(CustomRecord, rows)
    pairs = [(record.id, company.id) for record, company in zip(made, companies, strict=True)]
    seeder.associate(CustomRecord, Company, pairs)
    return made


def _value(seeder: Seeder, kind: PropertyKind) -> dict[str, Any]:
    rng = seeder.rng
    match kind:
        case PropertyKind.USER:
            cells: dict[str, Any] = {"user_id": pick_owner(seeder) or seeder.portal.admin_id}
        case PropertyKind.DATE:
            cells = {"date_value": seeder.today + timedelta(days=rng.randrange(-20, 365))}
        case _:
            price = Decimal(rng.randrange(10, 500) * 100)
            cells = {"number_value": price, "currency": seeder.portal.currency}
    return {**cells, "updated_at": seeder.now}


def _definition(key: str, label: str, kind: PropertyKind) -> dict[str, Any]:
    return {
        "object_type": OBJECT_TYPE,
        "key": key,
        "label": label,
        "group_key": "about",
        "kind": kind.value,
        "options": [],
        "version": 1,
    }
