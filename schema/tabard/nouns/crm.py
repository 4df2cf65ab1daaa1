"""The CRM's own record types: company, contact, deal and ticket."""

from datetime import date

import strawberry

from tabard.core import core
from tabard.money import Money
from tabard.nouns.node import Record
from tabard.records import tables


@strawberry.type(description="An organisation the portal does business with.")
class Company(Record):
    parent_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="The company's name.")
    domain: str | None = strawberry.field(description="Its web domain, e.g. `example.com`.")
    industry: str | None = strawberry.field(description="Its industry.")
    country: str | None = strawberry.field(description="The country of its headquarters.")
    employee_count: int | None = strawberry.field(description="How many people it employs.")
    annual_revenue: Money | None = strawberry.field(description="Its revenue in a year.")
    renewal_on: date | None = strawberry.field(description="When the customer renews; null when unknown.")


@strawberry.type(description="A person at a company.")
class Contact(Record):
    company_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="The person's full name.")
    email: str | None = strawberry.field(description="The person's e-mail address.")
    phone: str | None = strawberry.field(description="The person's phone number.")
    job_title: str | None = strawberry.field(description="The person's job title.")


@strawberry.type(description="A sale in the making, won or lost.")
class Deal(Record):
    company_id: strawberry.Private[int | None]
    pipeline_id: strawberry.Private[int | None]
    stage_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="The deal's name.")
    amount: Money | None = strawberry.field(description="What the deal is worth; null when not estimated.")
    close_on: date | None = strawberry.field(description="When the deal closed or is expected to close.")


@strawberry.type(description="A customer's request for help.")
class Ticket(Record):
    company_id: strawberry.Private[int | None]
    pipeline_id: strawberry.Private[int | None]
    stage_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="What the ticket is about, in a line.")
    description: str | None = strawberry.field(description="What the ticket is about, in full.")
    priority: str | None = strawberry.field(description="How urgent it is: `LOW`, `MEDIUM` or `HIGH`.")


core.record(
    Company,
    table=tables.company,
    properties=["name", "domain", "industry", "country", "employee_count", "annual_revenue", "renewal_on"],
)
core.record(Contact, table=tables.contact, properties=["name", "email", "phone", "job_title"])
core.record(
    Deal, table=tables.deal, properties=["name", "amount", "close_on"], pipelines=True, closed_on="close_on"
)
core.record(Ticket, table=tables.ticket, properties=["name", "description", "priority"], pipelines=True)

core.one(Company, "parent", to=Company, key="parent_id", description="The company it is a subsidiary of.")
core.connection(
    Company,
    "subsidiaries",
    to=Company,
    by="parent_id",
    order="name",
    description="Companies it is the parent of.",
)
for type_, name, noun in (
    (Contact, "contacts", "People"),
    (Deal, "deals", "Deals"),
    (Ticket, "tickets", "Tickets"),
):
    core.connection(
        Company,
        name,
        to=type_,
        by="company_id",
        order="name" if type_ is Contact else "-created_at",
        description=f"{noun} whose primary company this is.",
    )
    core.one(
        type_, "company", to=Company, key="company_id", description="The primary company; null without one."
    )
