"""Page layouts: how a list of records is shown, stored so that a tab's settings can name one."""

from __future__ import annotations

import enum
from typing import Annotated

import sqlalchemy as sa
import strawberry

from tabard.columns import fold
from tabard.contributions import RecordContribution
from tabard.core import core
from tabard.errors import Fault
from tabard.labels import label
from tabard.nouns.arguments import ObjectType
from tabard.nouns.node import Deleted, Node
from tabard.policies import Permission
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.records.object_types import record_type
from tabard.section_changes import drop_missing
from tabard.storage.ids import encode_global_id
from tabard.storage.keys import keys as keys_in
from tabard.work import Work, not_found

MAX_NAME, MAX_PROPERTIES = 100, 50


@strawberry.enum(description="How a page shows its records.")
class LayoutKind(enum.Enum):
    BOARD = strawberry.enum_value("BOARD", description="Cards in the columns of a pipeline.")
    TABLE = strawberry.enum_value("TABLE", description="Rows of a table.")


@strawberry.type(description="A stored page layout: board or table, and the properties it shows.")
class PageLayout(Node):
    name: str = strawberry.field(description="The layout's name, unique for its record type.")
    object_type: str = strawberry.field(description="The key of the record type, e.g. `deal`.")
    kind: LayoutKind = strawberry.field(description="Board or table.")
    properties: list[str] = strawberry.field(description="Keys of the properties shown, in order.")
    version: int = strawberry.field(description="Grows with each change.")


core.store(PageLayout, tables.page_layout)
core.every(
    "page_layouts",
    to=PageLayout,
    order=("object_type", "name"),
    description="The page layouts of the portal.",
)

LayoutName = Annotated[
    str, strawberry.argument(description="The layout's name; no other of its record type has it.")
]
Kind = Annotated[LayoutKind, strawberry.argument(description="Board or table.")]
Keys = Annotated[
    list[str],
    strawberry.argument(description=f"Keys of the properties to show, in order: 1 to {MAX_PROPERTIES}."),
]


@core.mutation(description="Stores a page layout for records of a type.", policy=Permission.MANAGE_SETTINGS)
async def page_layout_create(
    work: Work, object_type: ObjectType, name: LayoutName, kind: Kind, properties: Keys
) -> PageLayout:
    record = await record_type(work, object_type, ["input", "objectType"])
    name = label(name)
    _check(name, properties)
    await _check_known(work, record, object_type, properties)
    taken = Fault(
        "CONFLICT",
        "Another layout of the record type has this name; choose another one.",
        reason="layout.name_taken",
        path=["input", "name"],
    )
    with work.refusing(tables.page_layout, {"page_layout_name_key": taken}):
        id = await work.insert(
            tables.page_layout,
            object_type=object_type,
            name=name,
            name_folded=fold(name),
            kind=kind.name,
            properties=properties,
            version=1,
        )
    write_entry(work, "layout.created", "page_layout", id, {"name": [None, name]})
    return await work.find(PageLayout, id)


@core.mutation(
    description="Deletes a page layout; settings that name it fall back to none.",
    policy=Permission.MANAGE_SETTINGS,
)
async def page_layout_delete(work: Work, layout: PageLayout) -> Deleted:
    if not await work.delete(tables.page_layout, tables.page_layout.c.id == layout.id):
        raise not_found(PageLayout, ["input", "layout"])  # Somebody else was quicker.
    await drop_missing(work)
    write_entry(work, "layout.deleted", "page_layout", layout.id, {"name": [layout.name, None]})
    return Deleted(encode_global_id("page_layout", layout.id))


def _check(name: str, properties: list[str]) -> None:
    if not 1 <= len(name) <= MAX_NAME:
        raise Fault(
            "INVALID",
            f"The layout's name has {len(name)} characters that can be seen; write 1 to {MAX_NAME}.",
            reason="layout.name",
            path=["input", "name"],
        )
    if not properties or len(properties) > MAX_PROPERTIES or len(set(properties)) != len(properties):
        raise Fault(
            "INVALID",
            f"A layout shows 1 to {MAX_PROPERTIES} properties, each once; this one names {len(properties)}.",
            reason="layout.properties",
            path=["input", "properties"],
        )


async def _check_known(work: Work, record: RecordContribution, object_type: str, keys: list[str]) -> None:
    definition = tables.property_definition.c
    rows = await work.fetch(
        sa.select(definition.key).where(definition.object_type == object_type, keys_in(definition.key, keys))
    )
    known = {item.key for item in record.properties} | {row[0] for row in rows}
    for place, key in enumerate(keys):
        if key not in known:
            raise Fault(
                "INVALID",
                f"The property '{key}' is not known; `propertyDefinitions` lists those that are.",
                reason="property.unknown",
                path=["input", "properties", str(place)],
            )
