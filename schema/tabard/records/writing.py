"""Writing: records as a plugin's mutation makes and changes them, with all that is kept beside a change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from tabard.contributions import RecordContribution
from tabard.naming import camel, noun_of
from tabard.nouns.node import Record
from tabard.nouns.pipelines import Stage
from tabard.properties import PropertyKind
from tabard.records.changes import Given, RecordChanges, check_stage
from tabard.records.values import Place, as_columns
from tabard.work import Work

R = TypeVar("R", bound=Record)

KEPT = frozenset(
    {"id", "portal_id", "version", "created_at", "updated_at", "last_activity_at", "archived_at"}
    | {"merged_into_id", "object_type", "pipeline_id"}
)


async def create_record(work: Work, type_: type[R], **values: Any) -> R:
    """A new record with these attributes; the viewer owns it unless `owner_id` is given.

    Its history, its audit entry and its event are written along. A value that does not fit raises a Fault
    at the parameter of its name. `stage_id` puts it into the stage and its pipeline.
    """
    record = _registered(work, type_)
    stage_id = values.pop("stage_id", None)
    given, placed = _sorted(record, values)
    if stage_id is not None:
        stage = await work.find(Stage, stage_id, ["input", "stage"])
        await check_stage(work, noun_of(type_), stage, ["input", "stage"])
        placed |= {"stage_id": stage.id, "pipeline_id": stage.pipeline_id}
    id = await RecordChanges(work, record).create(given, placed)
    return await work.find(type_, id)


async def change_record(work: Work, record: R, if_version: int | None = None, **values: Any) -> R:
    """The record with these attributes changed; values that are the same change nothing.

    What is kept beside a change is written along, as by `create_record`, and the version grows. A record of
    another version than `if_version` raises a STALE Fault. Records change stage by `recordMoveStage`.
    """
    type_ = type(record)
    contribution = _registered(work, type_)
    if "stage_id" in values:
        raise TypeError(f"{type_.__name__}.stage_id is changed by the mutation recordMoveStage")
    given, placed = _sorted(contribution, values)
    await RecordChanges(work, contribution).update(record.id, given, if_version, placed)
    return await work.find(type_, record.id)


def _registered(work: Work, type_: type[Record]) -> RecordContribution:
    record = work.registry.records.get(noun_of(type_))
    if record is None or record.type is not type_ or "object_type" in record.table.c:
        raise TypeError(f"{type_.__name__} is no record type of a plugin's or the core's; write with `work`")
    return record


def _sorted(record: RecordContribution, values: Mapping[str, Any]) -> tuple[list[Given], dict[str, Any]]:
    """The values of properties, and the cells of the columns of none."""
    properties = {item.source: item for item in record.properties}
    given: list[Given] = []
    placed: dict[str, Any] = {}
    for name, value in values.items():
        place = Place(name, ("input", camel(name.removesuffix("_id"))))
        if name in KEPT or not {name, f"{name}_minor"} & set(record.table.c.keys()):
            raise TypeError(f"{record.type.__name__}.{name} is no attribute that can be written")
        if name in properties:
            item = properties[name]
            given.append(Given(item.key, item.kind, _exact(item.kind, value), place))
        else:
            placed |= as_columns(record.table, name, value, place)
    return given, placed


def _exact(kind: PropertyKind, value: Any) -> Any:
    return Decimal(value) if kind is PropertyKind.NUMBER and isinstance(value, int) else value
