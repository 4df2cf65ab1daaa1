"""Settings of the Services tab."""

from typing import Annotated

import strawberry

from tabard import PipelineRef, PropertyKind, PropertyRef, Settings


@strawberry.type(description="Which properties and pipelines the Services tab works with.")
class ServicesSettings(Settings):
    csm_property: Annotated[str, PropertyRef("Service", PropertyKind.USER)] = strawberry.field(
        default="owner", description="Key of the user property that holds a service's CSM."
    )
    renewal_property: Annotated[str | None, PropertyRef("Service", PropertyKind.DATE)] = strawberry.field(
        default=None,
        description="Key of the date property that holds a service's renewal date; null for none.",
    )
    pipelines: Annotated[list[strawberry.ID], PipelineRef("Service")] = strawberry.field(
        default_factory=list, description="The pipelines shown; empty shows all."
    )
    default_pipeline: Annotated[strawberry.ID | None, PipelineRef("Service")] = strawberry.field(
        default=None, description="The pipeline opened first; null for the first one shown."
    )
