"""Settings of the Revenue tab."""

from typing import Annotated

import strawberry

from tabard import Deal, PropertyKind, PropertyRef, Settings


@strawberry.type(description="Which properties and pipelines the Revenue tab works with.")
class RevenueSettings(Settings):
    csm_property: Annotated[str, PropertyRef(Deal, PropertyKind.USER)] = strawberry.field(
        default="owner", description="Key of the user property that holds a deal's CSM."
    )
    renewal_property: Annotated[str | None, PropertyRef(Deal, PropertyKind.DATE)] = strawberry.field(
        default=None,
        description="Key of the date property that holds a deal's renewal or end date; null for none.",
    )
