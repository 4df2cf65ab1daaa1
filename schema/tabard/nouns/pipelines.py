"""Pipelines and stages, and the capability that gives a record type both."""

from decimal import Decimal

import strawberry

from tabard.core import core
from tabard.nouns.node import Node
from tabard.records import tables


@strawberry.type(description="A sequence of stages that records of one type move through.")
class Pipeline(Node):
    key: str = strawberry.field(description="Stable key, unique among the pipelines of the record type.")
    label: str = strawberry.field(description="The pipeline's name.")
    object_type: str = strawberry.field(description="The key of the record type, e.g. `deal`.")
    display_order: int = strawberry.field(description="The pipeline's place among those of its record type.")


@strawberry.type(description="A step of a pipeline.")
class Stage(Node):
    pipeline_id: strawberry.Private[int]
    key: str = strawberry.field(description="Stable key, unique within the pipeline.")
    label: str = strawberry.field(description="The stage's name.")
    display_order: int = strawberry.field(description="The stage's place in the pipeline.")
    is_closed: bool = strawberry.field(description="Whether records in this stage count as closed.")
    is_won: bool = strawberry.field(description="Whether records in this stage count as won.")
    probability: Decimal | None = strawberry.field(
        description="Chance of winning a deal in this stage, 0.0 to 1.0; null for other record types."
    )


core.store(Pipeline, tables.pipeline)
core.store(Stage, tables.stage)
core.many(
    Pipeline,
    "stages",
    to=Stage,
    by="pipeline_id",
    order="display_order",
    description="The stages, in their order.",
)
core.one(Stage, "pipeline", to=Pipeline, key="pipeline_id", description="The pipeline the stage belongs to.")
core.every(
    "pipelines",
    to=Pipeline,
    order=("object_type", "display_order"),
    description="The pipelines of the portal, by record type, in their order.",
)
