"""Node and Record: what has a global id, and what all record types share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import strawberry

from tabard.columnwise import columnwise
from tabard.naming import noun_of
from tabard.storage.ids import encode_global_id, encode_global_ids


@dataclass(frozen=True)
class Named:
    """A node that a mutation returns by name: it is read afresh when the payload is."""

    global_id: str


class Deleted(Named):
    """What a mutation returns that deleted something: the payload says its id."""


def _global_ids(type_: type, ids: Sequence[int]) -> list[str]:
    return encode_global_ids(noun_of(type_), ids)


@strawberry.interface(description="Anything with a global id.")
class Node:
    """Python code sees `id` as the integer of the row, clients as the opaque global id."""

    id: strawberry.Private[int]

    @strawberry.field(name="id", description="Global id: opaque, unique in the whole graph, never reused.")
    @columnwise("id", by=_global_ids)
    def global_id(self) -> strawberry.ID:
        return strawberry.ID(encode_global_id(noun_of(type(self)), self.id))


@strawberry.interface(
    description="A row of the CRM: a company, contact, deal, ticket or a plugin's record type."
)
class Record(Node):
    """The interface that every record type implements; its table comes from `record_table`."""

    owner_id: strawberry.Private[int | None]
    external_id: str | None = strawberry.field(
        description="The record's id in the system it was imported from; null when it was made here."
    )
    created_at: datetime = strawberry.field(description="When the record was created.")
    updated_at: datetime = strawberry.field(description="When a property of the record last changed.")
    last_activity_at: datetime | None = strawberry.field(
        description="When the latest activity on the record took place; null before the first one."
    )
    version: int = strawberry.field(
        description="Grows with each change; send it as `ifVersion` with an update."
    )
