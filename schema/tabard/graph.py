"""Graph: an assembled schema bound to a database; what a server executes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tabard.assembly import AssembledSchema
from tabard.blame import blamed, in_clients_words, is_coded, plugin_at
from tabard.containment import PLUGIN_SECONDS, Containment
from tabard.context import Context, scope_of
from tabard.cursors import Cursors
from tabard.entities import entity_of, is_entity
from tabard.executing import each
from tabard.live.hub import Hub
from tabard.live.opening import opened
from tabard.live.places import Places
from tabard.live.stream import Admit, Operation, Stream
from tabard.nouns.nodes import node_types
from tabard.properties import Property
from tabard.registry import Registry, type_name
from tabard.selection import Selection
from tabard.storage.database import Database
from tabard.storage.session import ReadSession
from tabard.viewer import Viewer

log = structlog.get_logger("tabard.plugins")

ERRORS_PER_PATH = 10


class Graph:
    """One schema, one database; serves every portal.

    `plugin_limit` is how many seconds a plugin's function may take; `new_id` makes ids; `executor` runs
    the operations.
    """

    def __init__(
        self,
        schema: AssembledSchema,
        database: Database,
        *,
        secret: bytes,
        new_id: Callable[[], int],
        plugin_limit: float = PLUGIN_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        executor: type[Executor[Any]] = StrawberryGraphQLCoreExecutionContext,
    ) -> None:
        self.schema = schema
        self.registry: Registry = schema.registry
        self.database = database
        self.cursors = Cursors(secret)
        self.containment = Containment(plugin_limit)
        self.new_id = new_id
        self.now = now
        self.executor = executor
        self.properties: Mapping[str, tuple[Property, ...]] = {
            noun: record.properties for noun, record in self.registry.records.items()
        }
        self.stored = node_types(self.registry)
        self.hub = Hub(database)
        self.places = Places(self.cursors, self.now)
        self._owners = {type_name(type_): plugin for type_, plugin in self.registry.types.items()}

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self.schema.graphql_schema

    def attributes(self, selection: Selection, type_: type) -> frozenset[str]:
        """The attributes of `type_` that the selection needs; a row's `id` is always among them."""
        needs = self.schema.needs[type_]
        own = frozenset(entity_of(type_).attributes) if is_entity(type_) else frozenset(needs.names)
        wanted = {"id"} if is_entity(type_) else set()
        for name in selection.fields(needs.graphql_name):
            attributes = needs.of(name)
            wanted |= own if attributes is None else attributes
        return frozenset(wanted) & own

    def context(self, viewer: Viewer, session: ReadSession | None = None) -> Context:
        """A context for one request of the viewer; close it."""
        return Context(self, viewer, session or self.database.reading(scope_of(viewer)))

    async def execute(
        self,
        context: Context,
        document: DocumentNode,
        variables: dict[str, Any] | None = None,
        operation_name: str | None = None,
    ) -> ExecutionResult:
        """Runs a validated document; never raises for what happens inside a field."""
        (result,) = await self.execute_each(context, document, variables, operation_name, [None])
        return result

    async def execute_each(
        self,
        context: Context,
        document: DocumentNode,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        roots: Sequence[object],
    ) -> Sequence[ExecutionResult]:
        """Runs a validated document for each root value, such as the payloads of events, in one go."""
        executor = self.executor.build(
            self.graphql_schema,
            document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
            is_awaitable=cast(Any, optimized_is_awaitable),
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            return [ExecutionResult(None, executor) for _ in roots]
        return [self.judged(outcome, document) for outcome in await each(executor, roots)]

    def judged(self, outcome: ExecutionResult, document: DocumentNode) -> ExecutionResult:
        """The outcome as clients get it: failures bear their plugin's name, and none is told too often."""
        if not outcome.errors:
            return outcome
        errors = _capped(self._blamed(outcome.errors, document))
        return ExecutionResult(outcome.data, errors, outcome.extensions)

    async def subscribe(
        self,
        admit: Admit,
        document: DocumentNode,
        variables: dict[str, Any] | None = None,
        operation_name: str | None = None,
    ) -> Stream | ExecutionResult:
        """The stream of a validated subscription, or the errors why there is none.

        `admit` gives a context for the subscriber, anew for each batch of events.
        """
        return await opened(self, admit, Operation(document, variables, operation_name))

    def _blamed(self, errors: list[GraphQLError], document: DocumentNode) -> list[GraphQLError]:
        """The errors; those without a code are failures of the plugins whose fields they are at."""
        plugins: dict[tuple[int, ...], str | None] = {}
        named = []
        for error in map(in_clients_words, errors):
            field = tuple(map(id, error.nodes or ()))
            if not is_coded(error) and field not in plugins:
                plugins[field] = plugin_at(error, self.graphql_schema, document, self._owners)
                self._report(error, plugins[field])
            plugin = plugins.get(field) if not is_coded(error) else None
            named.append(error if plugin is None else blamed(error, plugin))
        return named

    def _report(self, error: GraphQLError, plugin: str | None) -> None:
        if plugin is not None:
            self.containment.failures[plugin] += 1
            log.error("plugin failed", plugin=plugin, path=error.path, exc_info=error)

    async def close(self) -> None:
        """Closes the database and lets go of plugin threads."""
        await self.hub.close()
        self.containment.close()
        await self.database.close()


def _capped(errors: list[GraphQLError]) -> list[GraphQLError]:
    """At most ten errors for each response path without indexes; the last says how many more."""
    if len(errors) <= ERRORS_PER_PATH:
        return errors
    grouped: dict[tuple[str, ...], list[GraphQLError]] = defaultdict(list)
    for error in errors:
        grouped[tuple(key for key in error.path or () if isinstance(key, str))].append(error)
    kept = []
    for group in grouped.values():
        kept.extend(group[:ERRORS_PER_PATH])
        if (more := len(group) - ERRORS_PER_PATH) > 0:
            last = kept[-1]
            kept[-1] = GraphQLError(
                f"{last.message} ({more} more like this.)",
                last.nodes,
                path=last.path,
                original_error=last.original_error,
                extensions=last.extensions,
            )
    return kept
