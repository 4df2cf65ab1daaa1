"""Types of the Revenue tab: the board of a pipeline and its columns."""

import strawberry

from revenue_tab.settings import RevenueSettings
from tabard import Money, Subject


@strawberry.type(description="Deals and tickets in the stages of their pipelines.")
class RevenueTab:
    subject: strawberry.Private[Subject]
    settings: RevenueSettings = strawberry.field(description="The settings in force in this workspace.")


@strawberry.type(description="A pipeline as a board: a column for each stage.")
class RevenueBoard:
    pipeline_id: strawberry.Private[int]


@strawberry.type(description="A column of the board: a stage, what is in it, and what that is worth.")
class RevenueStage:
    stage_id: strawberry.Private[int]
    key: str = strawberry.field(description="The stage's stable key.")
    label: str = strawberry.field(description="The stage's name.")
    is_closed: bool = strawberry.field(description="Whether records in this stage count as closed.")
    is_won: bool = strawberry.field(description="Whether records in this stage count as won.")
    record_count: int = strawberry.field(description="How many deals or tickets are in the stage.")
    totals: list[Money] = strawberry.field(
        description="The sum of the deals' amounts, one entry for each currency, by currency code."
    )
