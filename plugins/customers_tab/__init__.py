"""Customers: the records a customer success manager looks after."""

import sqlalchemy as sa

from customers_tab.settings import CustomersSettings
from customers_tab.types import CustomersTab
from tabard import Company, Permission, Tab, property_is, table_of

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


@tab.connection(CustomersTab, to=Company, description="Customers whose CSM is the user, by name.")
def owned(root: CustomersTab) -> sa.Select[tuple[int]]:
    company = table_of(Company)
    is_owned = property_is(Company, root.settings.csm_property, root.subject.user_id)
    return sa.select(company.c.id).where(is_owned).order_by(company.c.name_folded)
