"""Pipelines as rows: what a new portal starts with, and what an import or a plugin adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tabard.records import tables
from tabard.storage.batch import Batch


@dataclass(frozen=True)
class NewStage:
    """A stage to be made. A deal's stage has a probability: 1 is won, 0 is lost, and both are closed."""

    key: str
    label: str
    probability: Decimal | None = None
    is_closed: bool = False

    @property
    def is_won(self) -> bool:
        """Whether a record in this stage counts as won."""
        return self.probability == 1

    @property
    def ends(self) -> bool:
        """Whether a record in this stage counts as closed."""
        return self.is_closed or self.probability in (0, 1)


@dataclass(frozen=True)
class NewPipeline:
    """A pipeline to be made, for records of one type."""

    object_type: str
    key: str
    label: str
    stages: tuple[NewStage, ...]


@dataclass(frozen=True)
class MadePipeline:
    """A pipeline that has its row: its id, and its stages' ids by key in their order."""

    id: int
    key: str
    stages: dict[str, int]


def add_pipeline(batch: Batch, new: NewPipeline, display_order: int = 0) -> MadePipeline:
    """Adds the rows of a pipeline and of its stages."""
    row = {
        "object_type": new.object_type,
        "key": new.key,
        "label": new.label,
        "display_order": display_order,
        "version": 1,
    }
    (id_,) = batch.add(tables.pipeline, [row])
    ids = batch.add(tables.stage, _stage_rows(id_, new.stages))
    return MadePipeline(id_, new.key, {stage.key: id for stage, id in zip(new.stages, ids, strict=True)})


def _stage_rows(pipeline_id: int, stages: Sequence[NewStage]) -> list[dict[str, Any]]:
    return [
        {
            "pipeline_id": pipeline_id,
            "key": stage.key,
            "label": stage.label,
            "display_order": order,
            "is_closed": stage.ends,
            "is_won": stage.is_won,
            "probability": stage.probability,
            "version": 1,
        }
        for order, stage in enumerate(stages)
    ]


NEW_BUSINESS = NewPipeline(
    "deal",
    "default",
    "New business",
    (
        NewStage("qualified", "Qualified", Decimal("0.2")),
        NewStage("discovery", "Discovery", Decimal("0.4")),
        NewStage("proposal", "Proposal", Decimal("0.6")),
        NewStage("negotiation", "Negotiation", Decimal("0.8")),
        NewStage("closed_won", "Closed won", Decimal(1)),
        NewStage("closed_lost", "Closed lost", Decimal(0)),
    ),
)
SUPPORT = NewPipeline(
    "ticket",
    "default",
    "Support",
    (
        NewStage("new", "New"),
        NewStage("waiting_on_contact", "Waiting on contact"),
        NewStage("waiting_on_us", "Waiting on us"),
        NewStage("closed", "Closed", is_closed=True),
    ),
)
DEFAULTS = (NEW_BUSINESS, SUPPORT)
