"""Renewals: a third-party tab listing the customers that renew soon."""

from datetime import date, timedelta

import sqlalchemy as sa
import strawberry
from tabard import Company, InvalidSetting, Permission, Reader, Settings, Subject, Tab, Work


@strawberry.type
class RenewalsSettings(Settings):
    horizon_days: int = 90

    def check(self) -> None:
        if not 1 <= self.horizon_days <= 365:
            raise InvalidSetting("horizonDays", "must be between 1 and 365")


@strawberry.type
class RenewalsTab:
    subject: strawberry.Private[Subject]
    settings: RenewalsSettings


tab = Tab(
    "renewals", noun="Renewal", root=RenewalsTab, settings=RenewalsSettings, policy=Permission.WORKSPACE
)
due = tab.table("due", sa.Column("due_on", sa.Date, nullable=False, index=True), of=Company)


@tab.field(Company, key="id", description="When the customer renews; null when unknown.")
async def renews_on(reader: Reader, company_ids: list[int]) -> dict[int, date]:
    return await reader.values(due.c.due_on, by=due.c.company_id, keys=company_ids)


@tab.connection(RenewalsTab, to=Company, description="Customers that renew within the horizon.")
def upcoming(root: RenewalsTab) -> sa.Select[tuple[int]]:
    last = root.subject.today + timedelta(days=root.settings.horizon_days)
    return sa.select(due.c.company_id).where(due.c.due_on <= last).order_by(due.c.due_on)


@tab.mutation(description="Sets the day on which a customer renews.")
async def renewal_set(work: Work, company: Company, due_on: date) -> Company:
    await work.put(due, company_id=company.id, due_on=due_on)
    return company
