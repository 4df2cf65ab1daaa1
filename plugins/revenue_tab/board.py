"""The board: which pipelines it can show, and its stages with counts and sums in one statement."""

from functools import cache
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry

from revenue_tab.types import RevenueBoard, RevenueTab
from tabard import (
    Columns,
    CustomRecord,
    Deal,
    Money,
    Pipeline,
    Prepared,
    Read,
    Reader,
    Stage,
    Ticket,
    decode_id,
    decode_ids,
    keys,
    parameter,
    table_of,
)

ALWAYS = ("deal", "ticket")
PipelineArgument = Annotated[
    strawberry.ID | None, strawberry.argument(description="Global id of the pipeline to show.")
]


def visible_pipelines(root: RevenueTab) -> sa.Select[tuple[int]]:
    """Pipelines by record type, each in their order; only those the settings name, if any."""
    every = _pipelines(object_types(root))
    shown = decode_ids(Pipeline, root.settings.pipelines)
    return every.where(keys(table_of(Pipeline).c.id, shown)) if shown else every


def object_types(root: RevenueTab) -> list[str]:
    """The record types whose pipelines the tab can show."""
    return list(dict.fromkeys((*ALWAYS, *root.settings.objects)))


def _pipelines(of: list[str] | sa.BindParameter[Any]) -> sa.Select[tuple[int]]:
    pipeline = table_of(Pipeline)
    chosen = sa.select(pipeline.c.id).where(keys(pipeline.c.object_type, of))
    return chosen.order_by(pipeline.c.object_type, pipeline.c.display_order)


@cache
def _prepared_pipelines() -> Prepared:
    every = _pipelines(parameter("object_types"))
    return Prepared(every.add_columns(table_of(Pipeline).c.object_type))


async def boards(
    reader: Reader, tabs: list[RevenueTab], *, pipeline: PipelineArgument = None
) -> list[RevenueBoard | None]:
    """The board asked for; null when the pipeline is not there or not one that the tab shows."""
    wanted = list(dict.fromkeys(key for tab in tabs for key in object_types(tab)))
    found = await reader.fetch(_prepared_pipelines(), object_types=wanted)
    there = list(zip(found["id"], found["object_type"], strict=True))
    return [_board(tab, [id for id, key in there if key in object_types(tab)], pipeline) for tab in tabs]


def _board(tab: RevenueTab, there: list[int], asked: str | None) -> RevenueBoard | None:
    named = decode_ids(Pipeline, tab.settings.pipelines)
    shown = [id for id in there if not named or id in named]
    if asked is not None:
        wanted = decode_id(Pipeline, asked)
        return RevenueBoard(pipeline_id=wanted) if wanted in shown else None
    first = decode_ids(Pipeline, [tab.settings.default_pipeline] if tab.settings.default_pipeline else [])
    opened = [id for id in [*first, *shown] if id in shown]
    return RevenueBoard(pipeline_id=opened[0]) if opened else None


async def stages(reader: Reader, read: Read) -> Columns:
    """The stages of pipelines; counts and sums are computed only when selected."""
    counted = bool({"record_count", "totals"} & read.columns)
    found = await reader.fetch(_prepared_stages(counted), is_bounded=not counted, pipelines=read.keys)
    return _stages(found, counted)


@cache
def _prepared_stages(counted: bool) -> Prepared:
    stage = table_of(Stage)
    cells = [stage.c.pipeline_id, stage.c.id, stage.c.key, stage.c.label, stage.c.is_closed, stage.c.is_won]
    statement = sa.select(*cells)
    if counted:
        held = _held()
        statement = sa.select(*cells, held.c.currency, held.c.records, held.c.minor).select_from(
            stage.outerjoin(held, held.c.stage_id == stage.c.id)
        )
    statement = statement.where(keys(stage.c.pipeline_id, parameter("pipelines")))
    return Prepared(statement.order_by(stage.c.display_order, stage.c.id))


def _held() -> sa.Subquery:
    """Counts and sums by stage and currency; only deals have amounts.

    By the stages, for each of which an index has all of it in a row.
    """
    deal = table_of(Deal)
    deals = (
        sa.select(
            deal.c.stage_id,
            deal.c.amount_currency.label("currency"),
            sa.func.count().label("records"),
            sa.cast(sa.func.sum(deal.c.amount_minor), sa.BigInteger).label("minor"),
        )
        .where(deal.c.stage_id.in_(_stage_ids()), deal.c.archived_at.is_(None))
        .group_by(deal.c.stage_id, deal.c.amount_currency)
    )
    others = [_counted(table_of(type_)) for type_ in (Ticket, CustomRecord)]
    return sa.union_all(deals, *others).subquery("held")


def _counted(table: sa.Table) -> sa.Select[Any]:
    return (
        sa.select(
            table.c.stage_id,
            sa.cast(sa.null(), table_of(Deal).c.amount_currency.type),
            sa.func.count(),
            sa.cast(sa.null(), sa.BigInteger),
        )
        .where(table.c.stage_id.in_(_stage_ids()), table.c.archived_at.is_(None))
        .group_by(table.c.stage_id)
    )


def _stage_ids() -> sa.Select[tuple[int]]:
    stage = table_of(Stage)
    return sa.select(stage.c.id).where(keys(stage.c.pipeline_id, parameter("pipelines")))


def _stages(found: Columns, counted: bool) -> Columns:
    merged: dict[int, dict[str, Any]] = {}
    rows = zip(*found.data.values(), strict=True)
    for pipeline_id, id, key, label, is_closed, is_won, *held in rows:
        stage = merged.setdefault(
            id,
            {
                "parent": pipeline_id,
                "stage_id": id,
                "key": key,
                "label": label,
                "is_closed": is_closed,
                "is_won": is_won,
                "record_count": 0,
                "totals": [],
            },
        )
        if counted:
            currency, records, minor = held
            stage["record_count"] += records or 0
            total = Money.from_minor(minor, currency)
            stage["totals"] += [total] if total else []
    for stage in merged.values():
        stage["totals"].sort(key=lambda total: total.currency_code)
    names = ("stage_id", "key", "label", "is_closed", "is_won", "record_count", "totals")
    columns = {name: [stage[name] for stage in merged.values()] for name in names}
    return Columns([stage["parent"] for stage in merged.values()], **columns)
