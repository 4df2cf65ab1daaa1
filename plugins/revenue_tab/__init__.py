"""Revenue: pipelines as boards, with counts and sums for each stage."""

from revenue_tab.board import boards, stages, visible_pipelines
from revenue_tab.settings import RevenueSettings
from revenue_tab.types import RevenueBoard, RevenueStage, RevenueTab
from tabard import CustomRecord, Deal, Permission, Pipeline, Seeder, Stage, Tab, Ticket

tab = Tab(
    "revenue",
    noun="Revenue",
    title="Revenue",
    root=RevenueTab,
    settings=RevenueSettings,
    policy=Permission.WORKSPACE,
    position=40,
    shown_by_default=True,
    aliases=("pipeline",),
)

tab.connection(
    RevenueTab,
    "pipelines",
    to=Pipeline,
    description="The pipelines that the board can show, by record type.",
)(visible_pipelines)
tab.field(RevenueTab, name="board", description="A pipeline as a board; without an id the first one shown.")(
    boards
)
tab.one(RevenueBoard, "pipeline", to=Pipeline, key="pipeline_id", description="The pipeline shown.")
tab.rows(RevenueBoard, to=RevenueStage, key="pipeline_id", description="The columns of the board, in order.")(
    stages
)
tab.one(RevenueStage, "stage", to=Stage, key="stage_id", description="The stage itself.")
tab.connection(
    RevenueStage,
    "deals",
    to=Deal,
    by="stage_id",
    key="stage_id",
    order="-created_at",
    description="The deals in the stage, newest first; empty on the pipeline of another record type.",
)
tab.connection(
    RevenueStage,
    "tickets",
    to=Ticket,
    by="stage_id",
    key="stage_id",
    order="-created_at",
    description="The tickets in the stage, newest first; empty on the pipeline of another record type.",
)
tab.connection(
    RevenueStage,
    "custom_records",
    to=CustomRecord,
    by="stage_id",
    key="stage_id",
    order="-created_at",
    description="The records in the stage, newest first, on the pipeline of a custom object.",
)


@tab.demo
def hide_in_one_workspace(seeder: Seeder) -> None:
    """One workspace of the demo hides the tab."""
    seeder.hide("revenue", "EMEA")
