"""Demo data of the Services tab: a pipeline, and services for about half of the companies."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from services_tab.types import Service
from tabard import Company, NewStage, Seeder

CATEGORIES = ("Onboarding", "Consulting", "Maintenance", "Training")
STAGES = (
    NewStage("new", "New"),
    NewStage("in_progress", "In progress"),
    NewStage("blocked", "Blocked"),
    NewStage("closed", "Closed", is_closed=True),
)


def add_services(seeder: Seeder) -> None:
    """Services of the portal's companies; a company's owner looks after them. One workspace hides the tab."""
    seeder.hide("services", "Renewals")
    pipeline = seeder.pipeline(Service, "default", "Services", STAGES)
    stages = list(pipeline.stages.values())
    companies = [company for company in seeder.of(Company) if seeder.rng.random() < 0.5]
    seeder.records(Service, [_service(seeder, company, pipeline.id, stages) for company in companies])


def _service(seeder: Seeder, company: Any, pipeline_id: int, stages: list[int]) -> dict[str, Any]:
    category = seeder.rng.choice(CATEGORIES)
    name = f"{category} for {company.name}"
    starts_on = seeder.today - timedelta(days=seeder.rng.randrange(0, 300))
    renews = seeder.rng.random() < 0.7
    return {
        "name": name,
        "category": category,
        "total_cost": (Decimal(seeder.rng.randrange(10, 200) * 100), "EUR"),
        "starts_on": starts_on,
        "target_end_on": starts_on + timedelta(days=90),
        "renewal_on": starts_on + timedelta(days=365) if renews else None,
        "company_id": company.id,
        "owner_id": company.owner_id,
        "pipeline_id": pipeline_id,
        "stage_id": seeder.rng.choice(stages),
    }
