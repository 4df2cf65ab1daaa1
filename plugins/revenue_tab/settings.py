"""Settings of the Revenue tab."""

from typing import Annotated

import strawberry

from tabard import Deal, InvalidSetting, LayoutRef, PipelineRef, PropertyKind, PropertyRef, Settings, Ticket


@strawberry.type(description="Which properties, pipelines and layout the Revenue tab works with.")
class RevenueSettings(Settings):
    csm_property: Annotated[str, PropertyRef(Deal, PropertyKind.USER)] = strawberry.field(
        default="owner", description="Key of the user property that holds a deal's CSM."
    )
    renewal_property: Annotated[str | None, PropertyRef(Deal, PropertyKind.DATE)] = strawberry.field(
        default=None,
        description="Key of the date property that holds a deal's renewal or end date; null for none.",
    )
    pipelines: Annotated[list[strawberry.ID], PipelineRef((Deal, Ticket))] = strawberry.field(
        default_factory=list, description="The pipelines that the tab shows; empty shows all."
    )
    default_pipeline: Annotated[strawberry.ID | None, PipelineRef((Deal, Ticket))] = strawberry.field(
        default=None, description="The pipeline opened first; null for the first one shown."
    )
    default_layout: Annotated[strawberry.ID | None, LayoutRef((Deal, Ticket))] = strawberry.field(
        default=None, description="The page layout opened first; null for the client's own."
    )

    def check(self) -> None:
        if self.pipelines and self.default_pipeline and self.default_pipeline not in self.pipelines:
            raise InvalidSetting("defaultPipeline", "must be one of the pipelines shown")
