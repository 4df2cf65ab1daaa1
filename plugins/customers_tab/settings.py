"""Settings of the Customers tab; those of the default workspace are the account's."""

from typing import Annotated

import strawberry

from tabard import Company, PropertyKind, PropertyRef, Settings


@strawberry.type(description="Which properties say who looks after a customer and when it renews.")
class CustomersSettings(Settings):
    csm_property: Annotated[str, PropertyRef(Company, PropertyKind.USER)] = strawberry.field(
        default="owner", description="Key of the user property that holds a customer's CSM."
    )
    renewal_property: Annotated[str | None, PropertyRef(Company, PropertyKind.DATE)] = strawberry.field(
        default=None,
        description="Key of the date property that holds a customer's renewal date; null for none.",
    )
