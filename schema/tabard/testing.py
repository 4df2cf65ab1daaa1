"""Testing: a graph with the demo's portals, in the process of a plugin author's test."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from graphql import ExecutionResult, GraphQLError, parse, validate
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tabard.assembly import assemble, sdl
from tabard.containment import PLUGIN_SECONDS
from tabard.context import Context
from tabard.demo.loading import PLANS, Demo
from tabard.graph import Graph
from tabard.host import Origin, PluginHost
from tabard.live.stream import Stream
from tabard.migrating import Migrations
from tabard.personas import DEMO_PORTAL
from tabard.plugin import Plugin
from tabard.portals import portal_ids
from tabard.records import tables
from tabard.records.viewers import read_viewer
from tabard.storage.database import Database
from tabard.storage.ids import IdFactory, encode_global_id
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.viewer import ANONYMOUS

__all__ = ["Answer", "Gateway"]

SECRET = b"tests only; a server has its own."
# A test waits longer than a server lets anybody wait: the machine may have much else to do.
PATIENT = StorageOptions(pool_wait=60.0, connect_timeout=60.0, statement_timeout=60.0)

# One for all gateways of a process: two that counted for themselves would make the same ids.
NEW_ID = IdFactory(0)


@dataclass(frozen=True)
class Answer:
    """What a query gave: `data`, `errors`, and how many statements it took, the viewer's included."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] = field(default_factory=list)
    statements: int = 0

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return [str((error.extensions or {}).get("code") or _code(error)) for error in self.errors]


class Gateway:
    """The graph of the core and some plugins over a database of its own.

    `async with Gateway.demo(tab) as gateway: data = await gateway.query("{ workspace { name } }", persona="csm")`
    """

    def __init__(self, graph: Graph, portals: Mapping[str, int] | None = None) -> None:
        self.graph = graph
        self._portals: Mapping[str, int] = portals or {}

    @classmethod
    @asynccontextmanager
    async def demo(
        cls,
        *plugins: Plugin,
        url: str | None = None,
        today: date | None = None,
        executor: type[Executor[Any]] = StrawberryGraphQLCoreExecutionContext,
    ) -> AsyncIterator[Gateway]:
        """A gateway with the demo's portals, on a temporary SQLite file unless a database is given."""
        with tempfile.TemporaryDirectory(prefix="tabard-test-") as folder:
            address = url or f"sqlite:///{Path(folder) / 'demo.db'}"
            await Migrations(address, plugins).upgrade()
            async with cls.on(address, *plugins, executor=executor) as gateway:
                await gateway._load(plugins, today)
                yield gateway

    @classmethod
    @asynccontextmanager
    async def on(
        cls,
        url: str,
        *plugins: Plugin,
        plugin_limit: float = PLUGIN_SECONDS,
        options: StorageOptions = PATIENT,
        portals: Mapping[str, int] | None = None,
        executor: type[Executor[Any]] = StrawberryGraphQLCoreExecutionContext,
    ) -> AsyncIterator[Gateway]:
        """A gateway on a database that is migrated already.

        `portals` are the portals' ids by their keys, for a role that row-level security keeps from listing them.
        """
        schema = assemble(plugins)
        database = Database(url, schema.registry.tables, options)
        graph = Graph(
            schema,
            database,
            secret=SECRET,
            new_id=NEW_ID,
            plugin_limit=plugin_limit,
            executor=executor,
        )
        try:
            yield cls(graph, portals)
        finally:
            await graph.close()

    async def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        persona: str | None = "csm",
        portal: str = DEMO_PORTAL,
        key: str | None = None,
    ) -> Answer:
        """Runs a document as a persona of a portal; None is nobody. `key` is an idempotency key."""
        parsed = parse(document)
        if errors := validate(self.graph.graphql_schema, parsed):
            return Answer(None, errors)
        async with self._admitted(persona, portal) as context:
            context.idempotency_key = key
            result = await self.graph.execute(context, parsed, dict(variables or {}))
            return _answer(result, context)

    @asynccontextmanager
    async def subscribed(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        persona: str | None = "csm",
        portal: str = DEMO_PORTAL,
    ) -> AsyncIterator[AsyncIterator[Answer]]:
        """What a subscription tells a persona of all that happens inside; one without a stream has one answer.

        `statements` of an answer are those of all the events that were told together.
        """
        parsed = parse(document)
        errors = validate(self.graph.graphql_schema, parsed)
        admitted: list[Context] = []

        @asynccontextmanager
        async def admit() -> AsyncIterator[Context]:
            async with self._admitted(persona, portal) as context:
                admitted[:] = [context]
                yield context

        async def answers(stream: Stream | ExecutionResult) -> AsyncGenerator[Answer, None]:
            if isinstance(stream, ExecutionResult):
                yield _answer(stream, admitted[0] if admitted else None)
                return
            async with aclosing(stream.results()) as results:
                async for result in results:
                    yield _answer(result, admitted[0])

        stream = (
            ExecutionResult(None, errors)
            if errors
            else await self.graph.subscribe(admit, parsed, dict(variables or {}))
        )
        async with aclosing(answers(stream)) as told:
            yield told

    @asynccontextmanager
    async def _admitted(self, persona: str | None, portal: str) -> AsyncIterator[Context]:
        if persona is None:
            viewer, session = ANONYMOUS, self.graph.database.reading(Scope(0))
        else:
            portal_id, user_id = await self.identity(persona, portal)
            found, session = await read_viewer(self.graph.database, portal_id, user_id)
            viewer = found or ANONYMOUS
        context = self.graph.context(viewer, session)
        try:
            yield context
        finally:
            await context.close()

    async def query(self, document: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The data of a document that must answer without an error."""
        answer = await self.execute(document, variables, **options)
        if answer.errors:
            raise AssertionError(f"{answer.errors[0]} {answer.errors[0].extensions}") from answer.errors[
                0
            ].original_error
        return answer.data

    async def identity(self, persona: str, portal: str = DEMO_PORTAL) -> tuple[int, int]:
        """Portal and user id of a persona."""
        portal_id = await self.portal_id(portal)
        user = tables.user
        rows = await self.fetch(sa.select(user.c.id).where(user.c.persona == persona), portal)
        return portal_id, int(rows[0][0])

    async def portal_id(self, key: str = DEMO_PORTAL) -> int:
        """The id of a portal by its key."""
        if key not in self._portals:
            self._portals = await portal_ids(self.graph.database)
        return self._portals[key]

    async def fetch(self, statement: sa.Select[Any], portal: str = DEMO_PORTAL) -> list[tuple[Any, ...]]:
        """The rows that a statement finds in a portal."""
        session = self.graph.database.reading(Scope(await self.portal_id(portal)))
        try:
            return [tuple(row) for row in await session.fetch(statement)]
        finally:
            await session.close()

    async def some_id(self, noun: str, portal: str = DEMO_PORTAL, having: Iterable[str] = ()) -> str:
        """The global id of one row of a table, e.g. `company`, whose columns `having` are filled."""
        table = self.graph.database.tables.tables[noun]
        filled = (table.c[name].is_not(None) for name in having)
        rows = await self.fetch(sa.select(table.c.id).where(*filled).order_by(table.c.id).limit(1), portal)
        return encode_global_id(noun, rows[0][0])

    @property
    def sdl(self) -> str:
        """The schema as clients read it."""
        return sdl(self.graph.schema)

    async def _load(self, plugins: Iterable[Plugin], today: date | None) -> None:
        host = PluginHost()
        host.register([(plugin, Origin(plugin.name, "test", "0", plugin.name)) for plugin in plugins])
        demo = Demo(self.graph.database, host, self.graph.new_id)
        for plan in PLANS:
            await demo.load(plan, lambda written, total: None, today)


def _answer(result: ExecutionResult, context: Context | None) -> Answer:
    statements = context.session.count if context is not None else 0
    return Answer(result.data, list(result.errors or []), statements)


def _code(error: GraphQLError) -> str:
    return str(getattr(error.original_error, "code", "INTERNAL_SERVER_ERROR"))
