"""Types of the Customers tab."""

import strawberry

from customers_tab.settings import CustomersSettings
from tabard import Subject


@strawberry.type(description="The customers a user looks after.")
class CustomersTab:
    subject: strawberry.Private[Subject]
    settings: CustomersSettings = strawberry.field(description="The settings in force in this workspace.")
