"""Settings of the Services tab."""

from typing import Annotated

import strawberry

from tabard import InvalidSetting, LayoutRef, PipelineRef, PropertyKind, PropertyRef, Settings


@strawberry.type(description="Which properties, pipelines and layout the Services tab works with.")
class ServicesSettings(Settings):
    csm_property: Annotated[str, PropertyRef("Service", PropertyKind.USER)] = strawberry.field(
        default="owner",
        metadata={"title": "CSM property"},
        description="Key of the user property that holds a service's CSM.",
    )
    renewal_property: Annotated[str | None, PropertyRef("Service", PropertyKind.DATE)] = strawberry.field(
        default=None,
        metadata={"title": "Renewal date property"},
        description="Key of the date property that holds a service's renewal date; null for none.",
    )
    pipelines: Annotated[list[strawberry.ID], PipelineRef("Service")] = strawberry.field(
        default_factory=list, description="The pipelines whose services are shown; empty shows all."
    )
    default_pipeline: Annotated[strawberry.ID | None, PipelineRef("Service")] = strawberry.field(
        default=None, description="The pipeline opened first; null for the first one shown."
    )
    default_layout: Annotated[strawberry.ID | None, LayoutRef("Service")] = strawberry.field(
        default=None, description="The page layout opened first; null for the client's own."
    )

    def check(self) -> None:
        if self.pipelines and self.default_pipeline and self.default_pipeline not in self.pipelines:
            raise InvalidSetting("defaultPipeline", "must be one of the pipelines shown")
