"""The catalogue: a portal's custom properties, pipelines, stages and association labels."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tabard.portals import find_portal
from tabard.records import tables
from tabard.storage.database import Database
from tabard.storage.scope import Scope
from tabard.storage.session import ReadSession


@dataclass
class Declared:
    """A row of the catalogue: as it is stored, None when it is new, and as it is wanted.

    `is_declared` says that the mapping declares it.
    """

    id: int
    wanted: dict[str, Any]
    stored: dict[str, Any] | None = None
    version: int = 1
    is_declared: bool = False


@dataclass
class Catalogue:
    """What a portal has declared. Keys are the natural ones: `(record type, key)`, `(pipeline id, key)`."""

    portal_id: int
    currency: str
    time_zone: str
    new_id: Callable[[], int]
    properties: dict[tuple[str, str], Declared] = field(default_factory=dict)
    pipelines: dict[tuple[str, str], Declared] = field(default_factory=dict)
    stages: dict[tuple[int, str], Declared] = field(default_factory=dict)
    labels: dict[tuple[str, str, str], Declared] = field(default_factory=dict)

    def declare(self, kind: dict[Any, Declared], key: tuple[Any, ...], wanted: dict[str, Any]) -> Declared:
        """The row with this key, to be as wanted; a new one when there is none."""
        found = kind.setdefault(key, Declared(self.new_id(), {}))
        found.wanted = {**found.wanted, **wanted}
        found.is_declared = True
        return found

    def pipelines_of(self, noun: str) -> dict[str, Declared]:
        """The pipelines of a record type by key, in their order."""
        of_noun = [(key, pipeline) for (of, key), pipeline in self.pipelines.items() if of == noun]
        return dict(sorted(of_noun, key=lambda item: item[1].wanted["display_order"]))

    def stages_of(self, pipeline: Declared) -> list[Declared]:
        """The stages of a pipeline, in their order."""
        of_it = [stage for (pipeline_id, _), stage in self.stages.items() if pipeline_id == pipeline.id]
        return sorted(of_it, key=lambda stage: stage.wanted["display_order"])


async def read_catalogue(database: Database, portal: str, new_id: Callable[[], int]) -> Catalogue:
    """The catalogue of the portal with this key; raises NameUnknown when there is no such portal."""
    portal_id = await find_portal(database, portal)
    session = database.reading(Scope(portal_id))
    try:
        (found,) = await session.fetch(sa.select(tables.portal.c.currency, tables.portal.c.time_zone))
        return Catalogue(
            portal_id,
            found.currency,
            found.time_zone,
            new_id,
            await _stored(session, tables.property_definition, ("object_type", "key")),
            await _stored(session, tables.pipeline, ("object_type", "key")),
            await _stored(session, tables.stage, ("pipeline_id", "key")),
            await _stored(session, tables.association_label, ("from_type", "to_type", "key")),
        )
    finally:
        await session.close()


async def _stored(session: ReadSession, table: sa.Table, key: tuple[str, ...]) -> dict[Any, Declared]:
    found = {}
    for row in await session.fetch(sa.select(table)):
        values = dict(row._mapping)
        version = values.pop("version", 1)
        values.pop("portal_id")
        id_ = values.pop("id")
        found[tuple(values[name] for name in key)] = Declared(id_, dict(values), values, version)
    return found
