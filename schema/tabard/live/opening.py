"""Opening: what a subscription needs before its first event: its field, its arguments and its place."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, cast

from graphql import ExecutionResult, GraphQLError, create_source_event_stream
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tabard.errors import GraphError
from tabard.live.outbox import head
from tabard.live.stream import Admit, Operation, Stream
from tabard.subscriptions import Followed

if TYPE_CHECKING:
    from tabard.context import Context
    from tabard.events import Place
    from tabard.graph import Graph


async def opened(graph: Graph, admit: Admit, operation: Operation) -> Stream | ExecutionResult:
    """The stream of a validated subscription, or the errors why there is none."""
    async with admit() as context:
        followed = await _followed(graph, context, operation)
        if isinstance(followed, ExecutionResult):
            return followed
        try:
            place = await _place(graph, context, followed.after)
        except GraphError as error:
            return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
    return Stream(graph, admit, operation, followed, context.scope.portal_id, place)


async def _followed(graph: Graph, context: Context, operation: Operation) -> Followed | ExecutionResult:
    executor = StrawberryGraphQLCoreExecutionContext.build(
        graph.graphql_schema,
        operation.document,
        context_value=context,
        raw_variable_values=operation.variables,
        operation_name=operation.name,
        hide_suggestions=True,
    )
    if isinstance(executor, list):
        return ExecutionResult(None, executor)
    source = create_source_event_stream(executor)
    return cast("Followed | ExecutionResult", await source if isawaitable(source) else source)


async def _place(graph: Graph, context: Context, after: str | None) -> Place:
    now = await head(context.session)
    return now if after is None else graph.places.decode(context.viewer.portal_id, after, now)
