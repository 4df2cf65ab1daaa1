"""Reference checks: what a setting names must be there, in the transaction that saves it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tabard.errors import Fault
from tabard.properties import PropertyKind
from tabard.records import tables
from tabard.references import LayoutRef, PipelineRef, PropertyRef
from tabard.settings import Section, Setting
from tabard.storage.ids import decode_global_id
from tabard.storage.keys import keys as keys_in
from tabard.work import Work


async def check_references(work: Work, section: Section, values: dict[str, Any]) -> None:
    """Raises a fault with the setting's path for the first reference that points nowhere."""
    for setting in section.settings:
        value = values.get(setting.name)
        if value is not None and setting.reference is not None:
            await _check(work, setting, value)


async def _check(work: Work, setting: Setting, value: Any) -> None:
    path = ["input", "settings", setting.graphql_name]
    reference = setting.reference
    given = value if isinstance(value, list) else [value]
    if isinstance(reference, PropertyRef):
        await _check_property(work, reference, value, path)
    elif isinstance(reference, PipelineRef):
        await _check_rows(work, "pipeline", reference, given, path)
    elif isinstance(reference, LayoutRef):
        await _check_rows(work, "page_layout", reference, given, path)


async def _check_property(work: Work, reference: PropertyRef, key: str, path: list[str]) -> None:
    kinds = [await property_kind(work, object_type, key) for object_type in reference.object_types]
    if reference.kind in kinds:
        return
    raise Fault(
        "INVALID",
        f"'{key}' is no {reference.kind.value.lower()} property of {' or '.join(reference.type_names)}; "
        f"`propertyDefinitions` lists those that are.",
        reason="setting.property_kind",
        path=path,
    )


async def property_kind(work: Work, object_type: str, key: str) -> PropertyKind | None:
    """The kind of a property by its key, well-known or custom; None when there is no such property."""
    for item in work.registry.records[object_type].properties:
        if item.key == key:
            return item.kind
    definition = tables.property_definition.c
    rows = await work.fetch(
        sa.select(definition.kind).where(definition.object_type == object_type, definition.key == key)
    )
    return PropertyKind(rows[0][0]) if rows else None


async def _check_rows(
    work: Work, noun: str, reference: PipelineRef | LayoutRef, given: list[str], path: list[str]
) -> None:
    table = {"pipeline": tables.pipeline, "page_layout": tables.page_layout}[noun]
    decoded = [decode_global_id(value) for value in given]
    ids = [pair[1] for pair in decoded if pair is not None and pair[0] == noun]
    there = sa.select(table.c.id).where(
        keys_in(table.c.id, ids), keys_in(table.c.object_type, list(reference.object_types))
    )
    if len(ids) == len(given) and len(await work.fetch(there)) == len(set(ids)):
        return
    words = noun.replace("_", " ")
    raise Fault(
        "INVALID",
        f"Not every id is a {words} of {' or '.join(reference.type_names)}; read the list of {words}s again.",
        reason=f"setting.{reference.target}",
        path=path,
    )
