"""Types of the Services tab: the record type Service and the tab itself."""

from datetime import date

import strawberry

from services_tab.settings import ServicesSettings
from tabard import Money, Record, Subject


@strawberry.type(description="Something done for a customer: onboarding, consulting, maintenance, care.")
class Service(Record):
    company_id: strawberry.Private[int | None]
    pipeline_id: strawberry.Private[int | None]
    stage_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="What is being done.")
    category: str | None = strawberry.field(description="The kind of service, e.g. onboarding.")
    total_cost: Money | None = strawberry.field(description="What the customer pays for all of it.")
    starts_on: date | None = strawberry.field(description="When the work begins.")
    target_end_on: date | None = strawberry.field(description="When the work should be done.")
    renewal_on: date | None = strawberry.field(description="When the service renews; null when it does not.")


@strawberry.type(description="The services a user looks after.")
class ServicesTab:
    subject: strawberry.Private[Subject]
    settings: ServicesSettings = strawberry.field(description="The settings in force in this workspace.")
