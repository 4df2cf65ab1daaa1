"""Types of the Customers tab."""

import strawberry
from tabard import Subject

from customers_tab.settings import CustomersSettings


@strawberry.type(description="The customers a user looks after.")
class CustomersTab:
    subject: strawberry.Private[Subject]
    settings: CustomersSettings = strawberry.field(description="The settings in force in this workspace.")
