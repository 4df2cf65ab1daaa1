"""Customers of the demo: companies, some of them subsidiaries, and the people who work there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tabard.demo.seeder import Seeded, Seeder
from tabard.demo.words import Words, slug
from tabard.nouns.crm import Company, Contact

# A country with the currency that its companies pay in.
CURRENCIES = {
    "Germany": "EUR",
    "Italy": "EUR",
    "Japan": "JPY",
    "Portugal": "EUR",
    "United Kingdom": "GBP",
    "United States": "USD",
}
OWNERLESS = 0.1
SUBSIDIARIES = 0.2


def add_companies(seeder: Seeder, words: Words, count: int) -> dict[int, str]:
    """Adds companies, of which the second half may be subsidiaries; returns their currencies by id."""
    heads = count // 2
    countries = seeder.rng.choices(list(CURRENCIES), k=count)
    rows = [_company(seeder, words.company(), words.industry(), country) for country in countries]
    parents = seeder.records(Company, rows[:heads])
    children = [row | {"parent_id": _parent(seeder, parents)} for row in rows[heads:]]
    made = parents + seeder.records(Company, children)
    return {company.id: CURRENCIES[country] for company, country in zip(made, countries, strict=True)}


def add_contacts(seeder: Seeder, words: Words, count: int) -> None:
    """Adds people, at least one for each company while there are enough."""
    companies = seeder.of(Company)
    homes = (companies + seeder.rng.choices(companies, k=max(0, count - len(companies))))[:count]
    made = seeder.records(Contact, [_contact(seeder, words, company) for company in homes])
    seeder.associate(Contact, Company, [(contact.id, contact.company_id or 0) for contact in made])


def pick_owner(seeder: Seeder) -> int | None:
    """A user with a seat who looks after something; sometimes nobody does."""
    if seeder.rng.random() < OWNERLESS:
        return None
    owners = [user for user in seeder.users if user.persona in (None, "csm", "manager")]
    csm = [user for user in owners if user.persona == "csm"]
    # The CSM that a visitor becomes has more to do than the others.
    return seeder.rng.choice(owners + csm * 2 or seeder.users).id


def _company(seeder: Seeder, name: str, industry: str, country: str) -> dict[str, Any]:
    rng = seeder.rng
    return {
        "name": name,
        "domain": f"{slug(name)}.example",
        "industry": industry,
        "country": country,
        "employee_count": int(rng.lognormvariate(5, 1.2)) + 1,
        "annual_revenue": (rng.randrange(1, 900) * 100_000, CURRENCIES[country]),
        "renewal_on": seeder.today + timedelta(days=rng.randrange(-20, 365)) if rng.random() < 0.8 else None,
        "owner_id": pick_owner(seeder),
        "last_activity_at": seeder.ago(rng.uniform(0.1, 60)),
    }


def _parent(seeder: Seeder, parents: list[Seeded]) -> int | None:
    return seeder.rng.choice(parents).id if seeder.rng.random() < SUBSIDIARIES * 2 else None


def _contact(seeder: Seeder, words: Words, company: Seeded) -> dict[str, Any]:
    name = words.person()
    return {
        "name": name,
        "email": f"{slug(name)}@{slug(company.name)}.example",
        "phone": f"+99 000 {seeder.rng.randrange(10**6):06d}",
        "job_title": words.title(),
        "company_id": company.id,
        "owner_id": company.owner_id,
        "last_activity_at": seeder.ago(seeder.rng.uniform(0.1, 90)),
    }
