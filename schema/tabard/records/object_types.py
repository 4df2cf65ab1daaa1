"""Object types: the keys of record types, those that plugins register and the account's custom objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from tabard.errors import Fault
from tabard.plans import enterprise_required
from tabard.records import tables

if TYPE_CHECKING:
    from tabard.contributions import RecordContribution
    from tabard.work import Work

# No noun has a dot, so a custom object never meets a record type that a plugin brings later.
CUSTOM = "custom."
CUSTOM_RECORD = "custom_record"
T = TypeVar("T")


def is_custom(object_type: str) -> bool:
    """Whether the key is that of a custom object."""
    return object_type.startswith(CUSTOM)


def by_object_type(registered: Mapping[str, T], object_type: str) -> T | None:
    """What is registered for an object type; all custom objects share what is there for CustomRecord."""
    noun = CUSTOM_RECORD if is_custom(object_type) else object_type
    return None if object_type == CUSTOM_RECORD else registered.get(noun)


async def record_type(work: Work, object_type: str, path: list[str]) -> RecordContribution:
    """How records of an object type are kept, for a change.

    Raises a fault for a key that is none, and for a custom object where the plan has none.
    """
    record = by_object_type(work.registry.records, object_type)
    if record is None or (is_custom(object_type) and not await _is_defined(work, object_type)):
        known = sorted({*work.registry.records, *await custom_object_types(work)} - {CUSTOM_RECORD})
        raise Fault(
            "NOT_FOUND",
            f"There is no record type '{object_type}'; write one of {', '.join(known)}.",
            reason="record.object_type",
            path=path,
        )
    if is_custom(object_type):
        require_custom_objects(work, path)
    return record


def require_custom_objects(work: Work, path: list[str]) -> None:
    """Raises a fault where the plan has no custom objects."""
    if not work.viewer.plan.has_custom_objects:
        raise enterprise_required("Custom objects", path)


async def custom_object_types(work: Work) -> list[str]:
    """The object types of the account's custom objects."""
    custom = tables.custom_object.c
    return [row[0] for row in await work.fetch(sa.select(custom.object_type).order_by(custom.object_type))]


async def _is_defined(work: Work, object_type: str) -> bool:
    custom = tables.custom_object.c
    return bool(await work.fetch(sa.select(custom.id).where(custom.object_type == object_type)))
