"""Custom objects: record types that an account defines for itself; their records share one type."""

import strawberry

from tabard.core import core
from tabard.nouns.node import Node, Record
from tabard.records import tables


@strawberry.type(description="A record type that the account has defined for itself.")
class CustomObject(Node):
    object_type: str = strawberry.field(description="The key of the record type, e.g. `custom.subscription`.")
    label: str = strawberry.field(description="What one record is called.")
    plural_label: str = strawberry.field(description="What several records are called.")
    version: int = strawberry.field(
        description="Grows with each change; send it as `ifVersion` with an update."
    )


@strawberry.type(description="A record of a custom object; what else it holds are its properties.")
class CustomRecord(Record):
    pipeline_id: strawberry.Private[int | None]
    stage_id: strawberry.Private[int | None]
    object_type: str = strawberry.field(description="The key of its record type, e.g. `custom.subscription`.")
    name: str = strawberry.field(description="The record's name.")


core.store(CustomObject, tables.custom_object)
core.record(CustomRecord, table=tables.custom_record, properties=["name"], pipelines=True)
core.every(
    "custom_objects", to=CustomObject, order="label", description="The custom objects of the portal, by name."
)
core.connection(
    CustomObject,
    "records",
    to=CustomRecord,
    by="object_type",
    key="object_type",
    order="-created_at",
    description="The records of the custom object, newest first.",
)
