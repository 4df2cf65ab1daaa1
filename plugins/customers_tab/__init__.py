"""Customers: the records a customer success manager looks after."""

import sqlalchemy as sa

from customers_tab.settings import CustomersSettings
from customers_tab.types import CustomersTab
from tabard import Company, CustomRecord, Permission, Reader, Tab, property_is, table_of

tab = Tab(
    "customers",
    noun="Customer",
    title="Customers",
    root=CustomersTab,
    settings=CustomersSettings,
    policy=Permission.WORKSPACE,
    position=20,
    hideable=False,
    aliases=("portfolio",),
)


@tab.field(
    CustomersTab,
    description="Key of the record type that stands for customers: `company`, or a custom object's.",
)
async def account_object(reader: Reader, tabs: list[CustomersTab]) -> list[str | None]:
    return [item.subject.account_object for item in tabs]


@tab.connection(
    CustomersTab,
    to=Company,
    description="Customers whose CSM is the user, by name; empty where a custom object stands for customers.",
)
def owned(root: CustomersTab) -> sa.Select[tuple[int]]:
    company, subject = table_of(Company), root.subject
    chosen = sa.select(company.c.id).order_by(company.c.name_folded)
    if subject.account_object != "company":
        return chosen.where(sa.false())
    return chosen.where(property_is(Company, root.settings.csm_property, subject.user_id))


@tab.connection(
    CustomersTab,
    to=CustomRecord,
    description="Customers whose CSM is the user, by name, where a custom object stands for customers.",
)
def owned_custom_records(root: CustomersTab) -> sa.Select[tuple[int]]:
    record, subject = table_of(CustomRecord), root.subject
    key, object_type = root.settings.csm_property, subject.account_object
    is_owned = property_is(CustomRecord, key, subject.user_id, object_type=object_type)
    return sa.select(record.c.id).where(is_owned).order_by(record.c.name_folded)
