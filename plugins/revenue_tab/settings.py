"""Settings of the Revenue tab."""

from typing import Annotated

import strawberry
from pydantic import Field

from tabard import (
    Chosen,
    Deal,
    InvalidSetting,
    LayoutRef,
    ObjectRef,
    PipelineRef,
    PropertyKind,
    PropertyRef,
    Settings,
    Ticket,
)

# Deal and ticket pipelines can always be chosen, those of a custom object when it is a revenue object.
SHOWN = (Deal, Ticket, Chosen("objects"))


@strawberry.type(description="Which properties, pipelines and layout the Revenue tab works with.")
class RevenueSettings(Settings):
    objects: Annotated[list[str], ObjectRef(Deal), Field(min_length=1, max_length=2)] = strawberry.field(
        default_factory=lambda: ["deal"],
        metadata={"title": "Revenue objects"},
        description="Keys of one or two record types that bring revenue: `deal`, custom objects.",
    )
    csm_property: Annotated[str, PropertyRef(Chosen("objects"), PropertyKind.USER)] = strawberry.field(
        default="owner",
        metadata={"title": "CSM property"},
        description="Key of the user property that holds the CSM; every revenue object must have it.",
    )
    renewal_property: Annotated[str | None, PropertyRef(Chosen("objects"), PropertyKind.DATE)] = (
        strawberry.field(
            default=None,
            metadata={"title": "Renewal or end date property"},
            description="Key of the date property that holds the renewal or end date; null for none.",
        )
    )
    pipelines: Annotated[list[strawberry.ID], PipelineRef(SHOWN)] = strawberry.field(
        default_factory=list, description="The pipelines that the tab shows; empty shows all."
    )
    default_pipeline: Annotated[strawberry.ID | None, PipelineRef(SHOWN)] = strawberry.field(
        default=None, description="The pipeline opened first; null for the first one shown."
    )
    default_layout: Annotated[strawberry.ID | None, LayoutRef(SHOWN)] = strawberry.field(
        default=None, description="The page layout opened first; null for the client's own."
    )

    def check(self) -> None:
        if self.pipelines and self.default_pipeline and self.default_pipeline not in self.pipelines:
            raise InvalidSetting("defaultPipeline", "must be one of the pipelines shown")
