"""Settings of the Customers tab; those of the default workspace are the account's."""

from typing import Annotated

import strawberry

from tabard import ACCOUNT_OBJECT, PropertyKind, PropertyRef, Settings


@strawberry.type(description="Which properties say who looks after a customer and when it renews.")
class CustomersSettings(Settings):
    csm_property: Annotated[str, PropertyRef(ACCOUNT_OBJECT, PropertyKind.USER)] = strawberry.field(
        default="owner",
        metadata={"title": "CSM property"},
        description="Key of the user property that holds a customer's CSM.",
    )
    renewal_property: Annotated[str | None, PropertyRef(ACCOUNT_OBJECT, PropertyKind.DATE)] = (
        strawberry.field(
            default=None,
            metadata={"title": "Renewal date property"},
            description="Key of the date property that holds a customer's renewal date; null for none.",
        )
    )
