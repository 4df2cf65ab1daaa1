"""Record mutations: create, update and move any record, and associate records with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, cast

import strawberry

from tabard.contributions import RecordContribution
from tabard.core import core
from tabard.errors import Fault
from tabard.money import Money
from tabard.naming import noun_of
from tabard.nouns.arguments import IfVersion, ObjectType, RecordId
from tabard.nouns.node import Named, Record
from tabard.nouns.people import User
from tabard.nouns.pipelines import Stage
from tabard.policies import Permission
from tabard.properties import PropertyKind
from tabard.records import tables
from tabard.records.changes import Given, RecordChanges, check_stage
from tabard.records.entries import write_entry
from tabard.records.object_types import CUSTOM_RECORD, record_type, require_custom_objects
from tabard.records.values import Place
from tabard.scalars import CurrencyCode
from tabard.storage.ids import decode_global_id, encode_global_id
from tabard.work import Work, not_found

MAX_PROPERTIES = 100
UNLABELLED = tables.association.c.label_id.is_(None)


@strawberry.input(description="An amount to store.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="The amount, as a decimal string.")
    currency_code: CurrencyCode = strawberry.field(description="ISO 4217 code, e.g. `EUR`.")


@strawberry.input(
    one_of=True, description="A value for a property: exactly one member, that of the property's kind."
)
class PropertyValueInput:
    text: str | None = strawberry.field(default=strawberry.UNSET, description="For a TEXT property.")
    number: Decimal | None = strawberry.field(default=strawberry.UNSET, description="For a NUMBER property.")
    money: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="For a MONEY property.")
    date: date | None = strawberry.field(default=strawberry.UNSET, description="For a DATE property.")
    date_time: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="For a DATETIME property."
    )
    boolean: bool | None = strawberry.field(default=strawberry.UNSET, description="For a BOOLEAN property.")
    option: str | None = strawberry.field(
        default=strawberry.UNSET, description="Key of an OPTION property's option."
    )
    user: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Global id of a user."
    )
    clear: bool | None = strawberry.field(
        default=strawberry.UNSET, description="`true` empties the property."
    )


@strawberry.input(description="A property and its new value.")
class PropertyInput:
    key: str = strawberry.field(description="The property's key.")
    value: PropertyValueInput = strawberry.field(description="The new value.")


VALUES = strawberry.argument(description=f"Properties and their new values, at most {MAX_PROPERTIES}.")
CompanyId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Global id of the record's primary company.")
]
PipelineId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Global id of the stage's pipeline, to leave the one that the record is in."
    ),
]
OtherId = Annotated[strawberry.ID, strawberry.argument(description="Global id of the other record.")]

_KINDS = {
    "text": PropertyKind.TEXT,
    "number": PropertyKind.NUMBER,
    "money": PropertyKind.MONEY,
    "date": PropertyKind.DATE,
    "date_time": PropertyKind.DATETIME,
    "boolean": PropertyKind.BOOLEAN,
    "option": PropertyKind.OPTION,
    "user": PropertyKind.USER,
}


def given(properties: Sequence[PropertyInput] | None) -> list[Given]:
    """The properties of an input, decoded; raises a fault for what is not usable."""
    properties = properties or []
    if len(properties) > MAX_PROPERTIES:
        raise Fault(
            "LIMIT_REACHED",
            f"At most {MAX_PROPERTIES} properties can be written at once.",
            reason="property.count",
            path=["input", "properties"],
            limit=MAX_PROPERTIES,
            current=len(properties),
        )
    return [_given(item, ("input", "properties", str(place))) for place, item in enumerate(properties)]


def _given(item: PropertyInput, path: tuple[str, ...]) -> Given:
    place = Place(item.key, path)
    if item.value.clear is not strawberry.UNSET:
        if not item.value.clear:
            raise place.refuse("has `clear: false`, which says nothing; leave it out")
        return Given(item.key, None, None, place)
    for name, kind in _KINDS.items():
        value = getattr(item.value, name)
        if value is not strawberry.UNSET:
            return Given(item.key, kind, _plain(kind, value, place), place)
    raise place.refuse("has no value")


def _plain(kind: PropertyKind, value: Any, place: Place) -> Any:
    if kind is PropertyKind.MONEY:
        return Money(amount=value.amount, currency_code=value.currency_code)
    if kind is PropertyKind.USER:
        decoded = decode_global_id(value)
        if decoded is None or decoded[0] != noun_of(User):
            raise place.refuse("names a user who is not there", "property.user", "NOT_FOUND")
        return decoded[1]
    return value


@dataclass(frozen=True)
class Found:
    """A record that an input names: its type and its row's id."""

    record: RecordContribution
    id: int

    @property
    def name(self) -> Record:
        """What the mutation returns; the payload reads the record afresh."""
        return cast(Record, Named(encode_global_id(noun_of(self.record.type), self.id)))


def named(work: Work, global_id: str, path: list[str]) -> Found:
    """The record type and id of a global id, for a change; raises NOT_FOUND for what is no record's."""
    decoded = decode_global_id(global_id)
    record = work.registry.records.get(decoded[0]) if decoded is not None else None
    if decoded is None or record is None:
        raise not_found(Record, path)
    if decoded[0] == CUSTOM_RECORD:
        require_custom_objects(work, path)
    return Found(record, decoded[1])


@core.mutation(
    description="Creates a record. Without an `owner` property the viewer owns it.",
    policy=Permission.WORKSPACE,
)
async def record_create(
    work: Work,
    object_type: ObjectType,
    properties: Annotated[list[PropertyInput], VALUES],
    stage: Stage | None = None,
    company: CompanyId = None,
) -> Record:
    record = await record_type(work, object_type, ["input", "objectType"])
    placed = await _placed(work, record, object_type, stage, company)
    id = await RecordChanges(work, record, object_type).create(given(properties), placed)
    return Found(record, id).name


async def _placed(
    work: Work, record: RecordContribution, object_type: str, stage: Stage | None, company: str | None
) -> dict[str, Any]:
    placed: dict[str, Any] = {"object_type": object_type} if "object_type" in record.table.c else {}
    if stage is not None:
        if not record.has_pipelines:
            raise _no_pipelines(record, ["input", "stage"])
        await check_stage(work, object_type, stage, ["input", "stage"])
        placed |= {"stage_id": stage.id, "pipeline_id": stage.pipeline_id}
    if company is not None:
        if "company_id" not in record.table.c:
            raise Fault(
                "INVALID",
                "Records of this type have no primary company; leave `company` out.",
                path=["input", "company"],
            )
        company_type = work.registry.records["company"].type
        placed["company_id"] = (await work.find_global(company_type, company, ["input", "company"])).id
    return placed


def _no_pipelines(record: RecordContribution, path: list[str]) -> Fault:
    noun = noun_of(record.type)
    return Fault(
        "INVALID",
        f"A {noun} moves through no pipeline, so it has no stage to be put in.",
        reason="record.no_pipelines",
        path=path,
    )


@core.mutation(description="Changes properties of a record.", policy=Permission.WORKSPACE)
async def record_update(
    work: Work,
    record: RecordId,
    properties: Annotated[list[PropertyInput], VALUES],
    if_version: IfVersion = None,
) -> Record:
    found = named(work, record, ["input", "record"])
    await RecordChanges(work, found.record).update(found.id, given(properties), if_version)
    return found.name


@core.mutation(
    description="Moves a record to another stage of its pipeline, or of `pipeline`; properties change along.",
    policy=Permission.WORKSPACE,
)
async def record_move_stage(
    work: Work,
    record: RecordId,
    stage: Stage,
    pipeline: PipelineId = None,
    properties: Annotated[list[PropertyInput] | None, VALUES] = None,
    if_version: IfVersion = None,
) -> Record:
    found = named(work, record, ["input", "record"])
    if not found.record.has_pipelines:
        raise _no_pipelines(found.record, ["input", "record"])
    records = RecordChanges(work, found.record)
    row = await records.locked(found.id)
    # The pipeline that a record is in is one of its type.
    if stage.pipeline_id != row["pipeline_id"]:
        await check_stage(work, records.object_type, stage, ["input", "stage"])
    changes = given(properties)
    _check_pipeline(row["pipeline_id"], stage, pipeline)
    closed_on = found.record.closed_on
    if (
        closed_on is not None
        and closed_on not in {item.key for item in changes}
        and await _closes(work, row["stage_id"], stage)
    ):
        changes.append(Given(closed_on, PropertyKind.DATE, work.viewer.today, Place(closed_on)))
    placed = {"stage_id": stage.id, "pipeline_id": stage.pipeline_id}
    await records.change(row, changes, if_version, placed)
    return found.name


async def _closes(work: Work, before: int | None, target: Stage) -> bool:
    """Whether a record that goes from one stage to the other is closed by that, or closed anew."""
    if not target.is_closed or before is None:
        return target.is_closed
    left = await work.find(Stage, before)
    return (left.is_closed, left.is_won) != (True, target.is_won)


def _check_pipeline(before: int | None, target: Stage, pipeline: str | None) -> None:
    """Raises a fault for a pipeline that is neither the record's nor the one that is named."""
    named_pipeline = None if pipeline is None else decode_global_id(pipeline)
    expected = named_pipeline[1] if named_pipeline else before or target.pipeline_id
    if target.pipeline_id != expected:
        raise Fault(
            "INVALID",
            "The stage belongs to another pipeline; pass that pipeline as `pipeline` to move there.",
            reason="stage.pipeline",
            path=["input", "stage"],
        )


@core.mutation(description="Associates two records; each then lists the other.", policy=Permission.WORKSPACE)
async def association_add(work: Work, record: RecordId, to: OtherId) -> Record:
    found, other = await _both(work, record, to)
    # The first row decides between two who associate the same records at once; the second is theirs then.
    for row in _rows(found, other):
        if not await work.add(
            tables.association,
            ("from_id", "to_id"),
            UNLABELLED,
            **row,
            id=work.new_id(),
            created_at=work.now,
        ):
            return found.name
    await _tell(work, "association.added", found, other)
    return found.name


@core.mutation(description="Removes the association of two records.", policy=Permission.WORKSPACE)
async def association_remove(work: Work, record: RecordId, to: OtherId) -> Record:
    found, other = await _both(work, record, to)
    association = tables.association.c
    removed = 0
    for row in _rows(found, other):
        removed += await work.delete(
            tables.association,
            association.from_id == row["from_id"],
            association.to_id == row["to_id"],
            UNLABELLED,
        )
    if removed:
        await _tell(work, "association.removed", found, other)
    return found.name


async def _both(work: Work, record: str, to: str) -> tuple[Found, Found]:
    found, other = named(work, record, ["input", "record"]), named(work, to, ["input", "to"])
    for item, argument in ((found, "record"), (other, "to")):
        await work.find(item.record.type, item.id, ["input", argument])
    if found.id == other.id:
        raise Fault(
            "INVALID",
            "A record is not associated with itself.",
            reason="association.self",
            path=["input", "to"],
        )
    return found, other


def _rows(found: Found, other: Found) -> list[dict[str, Any]]:
    """The association's rows, one for each direction, in an order that all agree on, or they would deadlock."""
    directions = ((found, other, False), (other, found, True))
    return sorted(
        (
            {
                "from_type": noun_of(one.record.type),
                "from_id": one.id,
                "to_type": noun_of(two.record.type),
                "to_id": two.id,
                "is_inverse": is_inverse,
            }
            for one, two, is_inverse in directions
        ),
        key=lambda row: cast(int, row["from_id"]),
    )


async def _tell(work: Work, action: str, found: Found, other: Found) -> None:
    noun = noun_of(other.record.type)
    change = {"to": [None, encode_global_id(noun, other.id)]}
    write_entry(work, action, noun_of(found.record.type), found.id, change)
