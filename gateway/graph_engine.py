"""Graph engine: answers the edge's operations with an assembled graph, and says whether it can."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from graphql import ExecutionResult, GraphQLSchema

from gateway.documents.documents import Operation
from gateway.engine import Caller, EventStream
from gateway.execution.lane import Prepared, prepared, run
from gateway.execution.plans import Plans
from tabard.assembly import sdl
from tabard.containment import Containment
from tabard.context import Context
from tabard.core import CORE
from tabard.errors import TabardError
from tabard.graph import Graph
from tabard.migrating import Migrations
from tabard.nouns.rate import RateLimit
from tabard.records.tables import portal
from tabard.storage.scope import Scope

NOBODY = Scope(0)
READY = "ready"


@dataclass(frozen=True)
class Finding:
    """What a probe found."""

    name: str
    problem: str | None = None
    is_vital: bool = True


class GraphVitals:
    """What metrics tell of a graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @property
    def fallbacks(self) -> dict[str, int]:
        """By reason: operations that graphql-core answered."""
        counts = Plans.of(self._graph.graphql_schema).fallbacks.counts
        return {reason.value: number for reason, number in counts.items() if reason is not None}

    @property
    def plugin_failures(self) -> Counter[str]:
        """Failures by plugin."""
        return self._graph.containment.failures

    @property
    def plugin_blockings(self) -> Counter[str]:
        """By plugin: how often it held the event loop."""
        return self._graph.containment.blocked

    @property
    def connections(self) -> int:
        """Database connections that are in use."""
        return self._graph.database.checked_out

    @property
    def is_database_lost(self) -> bool:
        """Whether the database does not answer now."""
        return self._graph.database.is_lost


class GraphEngine:
    """One assembled graph on one database."""

    def __init__(self, graph: Graph, migrations: Migrations) -> None:
        self._graph = graph
        self._schema = graph.graphql_schema
        self._migrations = migrations
        self._sdl = sdl(graph.schema)
        self._troubles = Troubles()
        self._is_current = False
        self.vitals = GraphVitals(graph)

    @property
    def schema_sdl(self) -> str:
        """The contract."""
        return self._sdl

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema that documents are validated against."""
        return self._schema

    async def execute(
        self,
        operation: Operation,
        variables: dict[str, Any],
        caller: Caller,
        *,
        idempotency_key: str | None = None,
        rate: RateLimit | None = None,
        until: float | None = None,
    ) -> ExecutionResult:
        """Executes one operation with a context of its own."""
        context = self._graph.context(caller.viewer, caller.reads)
        context.idempotency_key = idempotency_key
        context.rate = rate
        context.session.until = until
        try:
            # A cached document meets its cached plan here; nothing is looked up that the text decides.
            trusted = operation.is_trusted
            outcome = await run(self._schema, self._ready(operation), context, variables, trusted=trusted)
        finally:
            await context.close()
        return self._graph.judged(outcome, operation.document)

    def _ready(self, operation: Operation) -> Prepared:
        """What the lane runs; it is kept with the cached document."""
        ready: Prepared | None = operation.plans.get(READY)
        if ready is None:
            ready = operation.plans[READY] = prepared(self._schema, operation.document, operation.node)
        return ready

    async def subscribe(
        self,
        operation: Operation,
        variables: dict[str, Any],
        admit: Callable[[], AbstractAsyncContextManager[Caller]],
    ) -> EventStream | ExecutionResult:
        """Opens a subscription; each batch of its events has a context of its own."""

        @asynccontextmanager
        async def admitted() -> AsyncIterator[Context]:
            async with admit() as caller:
                context = self._graph.context(caller.viewer, caller.reads)
                try:
                    yield context
                finally:
                    await context.close()

        if operation.is_trusted:
            Plans.of(self._schema).trust(self._schema, self._ready(operation).operation)
        return await self._graph.subscribe(admitted, operation.document, variables, operation.name)

    async def ready(self) -> Sequence[Finding]:
        """The database, its migrations, and each plugin."""
        troubles = self._troubles.look(self._graph.containment)
        plugins = [name for name in self._graph.registry.plugins if name != CORE]
        return [
            Finding("database", await self._database()),
            Finding("migrations", await self._migrated()),
            *(Finding(f"plugin:{name}", troubles.get(name), is_vital=False) for name in plugins),
        ]

    async def _database(self) -> str | None:
        session = self._graph.database.reading(NOBODY)
        try:
            await session.fetch(sa.select(portal.c.id).limit(1))
        except (TabardError, sa.exc.SQLAlchemyError) as error:
            return str(error)
        finally:
            await session.close()
        return None

    async def _migrated(self) -> str | None:
        """What the database lacks; once all is there it is not asked again, for nothing takes it away."""
        if self._is_current:
            return None
        try:
            await self._migrations.check()
        except (TabardError, sa.exc.SQLAlchemyError) as error:
            return str(error)
        self._is_current = True
        return None


class Troubles:
    """Which plugins have failed of late; a failure is forgotten a minute after it was last seen."""

    MEMORY: Final = 60.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._seen: dict[str, float] = {}

    def look(self, containment: Containment) -> dict[str, str]:
        """What is wrong, by plugin."""
        now, counts = self._clock(), containment.failures + containment.blocked
        self._seen |= {name: now for name in counts if counts[name] > self._counts[name]}
        self._counts = counts
        return {
            name: f"failed {containment.failures[name]} times and "
            f"blocked the event loop {containment.blocked[name]} times since the start"
            for name, seen in self._seen.items()
            if now - seen <= self.MEMORY
        }
