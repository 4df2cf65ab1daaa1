"""Worlds: two portals in one database, each row marked as its portal's, seen through a gateway."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from graphql import DocumentNode, parse, validate

from tabard import Plugin
from tabard.assembly import AssembledSchema, assemble
from tabard.nouns.nodes import node_types
from tabard.personas import DEMO_PORTAL, OTHER_PORTAL
from tabard.portals import portal_ids
from tabard.records.viewers import read_viewer
from tabard.storage.database import Database
from tabard.storage.door import TENANT
from tabard.storage.ids import encode_global_id
from tabard.storage.scope import Scope
from tabard.testing import PATIENT, Answer, Gateway
from tabard.viewer import ANONYMOUS
from tests.promises.support.canaries import OURS, THEIRS, leaks, mark
from tests.support.databases import Templates, bundled, finished
from tests.support.postgres import APP, Server
from tests.tabard.samples import renewals

# On a role that owns nothing PostgreSQL itself guards each row, behind the door.
SECURED: Final = "postgresql, row-level security"
MODES: Final = ("sqlite", "postgresql", SECURED)


@cache
def all_plugins() -> tuple[Plugin, ...]:
    """The plugins that are shipped, and the example of a third party."""
    return (*bundled(), renewals())


@cache
def schema() -> AssembledSchema:
    """The graph of all plugins."""
    return assemble(all_plugins())


def tenant_tables() -> list[sa.Table]:
    """Every table whose rows belong to a portal."""
    return schema().registry.tables.tenant


def nouns() -> list[str]:
    """Every noun that a global id can begin with."""
    return sorted(node_types(schema().registry))


@cache
def parsed(text: str) -> DocumentNode:
    """A document, parsed and validated once."""
    document = parse(text)
    assert validate(schema().graphql_schema, document) == []
    return document


@dataclass
class World:
    """A gateway over two portals; the viewers are users of `ours`, and nothing of `theirs` may show."""

    gateway: Gateway
    owner: Database
    ours: int
    theirs: int
    ids: dict[int, dict[str, list[int]]]
    _users: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        persona: str | None = "super-admin",
        portal: str = DEMO_PORTAL,
    ) -> Answer:
        """The answer for a persona; None is nobody."""
        graph, viewer = self.gateway.graph, ANONYMOUS
        session = graph.database.reading(Scope(0))
        if persona is not None:
            if (persona, portal) not in self._users:
                self._users[persona, portal] = await self.gateway.identity(persona, portal)
            found, session = await read_viewer(graph.database, *self._users[persona, portal])
            viewer = found or ANONYMOUS
        context = graph.context(viewer, session)
        try:
            result = await graph.execute(context, parsed(document), dict(variables or {}))
        finally:
            await context.close()
        return Answer(result.data, list(result.errors or []), session.count)

    def global_ids(self, portal_id: int, noun: str) -> list[str]:
        """The global ids of a portal's rows of a noun."""
        return [encode_global_id(noun, id) for id in self.ids[portal_id].get(noun, [])]

    @property
    def their_ids(self) -> frozenset[int]:
        """The ids of all rows of the other portal."""
        return frozenset(id for ids in self.ids[self.theirs].values() for id in ids) | {self.theirs}

    def leaks(self, text: str) -> list[str]:
        """What of the other portal shows in a text."""
        return leaks(text, THEIRS, self.their_ids)

    async def rows(self, portal_id: int, *tables: sa.Table) -> dict[str, list[tuple[Any, ...]]]:
        """The portal's rows past the door, by table; of all tables unless some are named."""
        found = {}
        async with self.owner.system("look at rows") as connection:
            for table in tables or tenant_tables():
                statement = sa.select(table).where(table.c[table.info[TENANT]] == portal_id)
                rows = await connection.execute(statement.order_by(*table.primary_key.columns))
                found[table.name] = [tuple(row) for row in rows]
        return found

    async def checksum(self, portal_id: int) -> dict[str, str]:
        """A digest of the portal's rows, by table."""
        rows = await self.rows(portal_id)
        return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows.items()}


class Marked:
    """Databases with marked rows, made once per process and kind, copied for each test."""

    def __init__(self, demos: Templates, folder: Path) -> None:
        self._demos = demos
        self._folder = folder
        self._file: Path | None = None
        self._database: tuple[Server, str] | None = None

    def sqlite(self, path: Path) -> str:
        """The URL of a copy."""
        if self._file is None:
            self._file = self._folder / "marked.sqlite3"
            shutil.copyfile(self._demos.sqlite(all_plugins()), self._file)
            finished(_marked(f"sqlite:///{self._file}"))
        return f"sqlite:///{shutil.copyfile(self._file, path)}"

    def postgres(self, server: Server) -> str:
        """The name of the database to copy."""
        if self._database is None:
            name = f"{self._demos.postgres(server, all_plugins())}_marked"
            url = server.create_database(name, self._demos.postgres(server, all_plugins()))
            self._database = (server, name)
            finished(_marked(url))
        return self._database[1]

    def drop(self) -> None:
        """Drops the template."""
        if self._database is not None:
            self._database[0].drop_database(self._database[1])


async def _marked(url: str) -> None:
    """Marks both portals' rows; lets the role that owns nothing in."""
    from tabard.migrating import Migrations

    database = Database(url, schema().registry.tables)
    try:
        keys = await portal_ids(database)
        async with database.system("mark rows") as connection:
            for key, canaries in ((DEMO_PORTAL, OURS), (OTHER_PORTAL, THEIRS)):
                await mark(connection, tenant_tables(), keys[key], canaries)
    finally:
        await database.close()
    if database.dialect == "postgresql":
        await Migrations(url, all_plugins()).grant(APP)


@asynccontextmanager
async def world_on(url: str, served: str | None = None) -> AsyncIterator[World]:
    """A world on a marked database; `served` is the URL of the role that row-level security binds."""
    owner = Database(url, schema().registry.tables)
    options = replace(PATIENT, row_level_security=served is not None)
    try:
        portals = await _portals(owner)
        ids = {portal_id: await _ids(owner, portal_id) for portal_id in portals.values()}
        async with Gateway.on(served or url, *all_plugins(), options=options, portals=portals) as gateway:
            yield World(gateway, owner, portals[DEMO_PORTAL], portals[OTHER_PORTAL], ids)
            assert gateway.graph.database.checked_out == 0, "a connection was not given back"
    finally:
        await owner.close()


async def _portals(owner: Database) -> dict[str, int]:
    """The portals by the keys they had: the first one made is the demo's."""
    ids = sorted((await portal_ids(owner)).values())
    return dict(zip((DEMO_PORTAL, OTHER_PORTAL), ids, strict=True))


async def _ids(owner: Database, portal_id: int) -> dict[str, list[int]]:
    """The ids of a portal's rows, by noun, or by table for rows that have no global id."""
    found = {}
    by_table = {_table_of(noun): noun for noun in nouns()}
    async with owner.system("list ids") as connection:
        for table in tenant_tables():
            if "id" in table.c:
                statement = sa.select(table.c.id).where(table.c[table.info[TENANT]] == portal_id)
                rows = await connection.scalars(statement.order_by(table.c.id))
                found[by_table.get(table.name, table.name)] = list(rows)
    return found


def _table_of(noun: str) -> str:
    from tabard.entities import entity_of, is_entity

    type_ = node_types(schema().registry)[noun]
    return entity_of(type_).table.name if is_entity(type_) else noun


def as_text(answer: Answer) -> str:
    """Everything that an answer would send, as JSON; errors by their paths, for their order is by chance."""
    errors = [
        {"path": error.path, "message": error.message, "extensions": error.extensions}
        for error in answer.errors
    ]
    errors.sort(key=lambda error: repr(error["path"]))
    return json.dumps({"data": answer.data, "errors": errors}, default=str, ensure_ascii=False)
