"""Events that are told together run as one, and each gets the answer that it would get alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    parse,
    subscribe,
    visit,
)
from graphql.execution import Executor
from hypothesis import given, seed
from hypothesis_graphql import from_schema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard.executing import each
from tests.gateway.execution.comparing import BATCHES, assert_alike, leniently, strictly
from tests.gateway.execution.hostile_schema import HostileContext, rock, sighted
from tests.gateway.execution.test_differential import SCALARS, SCHEMA, examples

# The generator knows queries only.
AS_QUERIES = GraphQLSchema(query=SCHEMA.subscription_type, types=list(SCHEMA.type_map.values()))


class Subscribing(Visitor):
    """Makes a subscription of a query."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> Any:
        return OperationDefinitionNode(
            operation=OperationType.SUBSCRIPTION,
            selection_set=node.selection_set,
            variable_definitions=(),
            directives=(),
        )


def built(executor: Any, document: DocumentNode, context: HostileContext) -> Executor[Any]:
    """The executor of a document."""
    made = executor.build(
        SCHEMA, document, context_value=context, is_awaitable=cast(Any, optimized_is_awaitable)
    )
    return cast("Executor[Any]", made)


async def told(executor: Any, document: DocumentNode, roots: list[Any]) -> ExecutionResult:
    """The answers to all events as one: a list of their data, and the errors with the event's number first."""
    context = HostileContext()
    results = await each(built(executor, document, context), roots)
    errors = [
        GraphQLError(error.message, error.nodes, path=[number, *(error.path or ())])
        for number, result in enumerate(results)
        for error in result.errors or ()
    ]
    data: Any = [result.data for result in results]
    return ExecutionResult(data, errors, {"calls": Counter(context.calls)})


async def compared(document: DocumentNode) -> ExecutionResult:
    """The answers to the events, which are the same by both executors."""
    compiled = await strictly(told(CompiledExecutor, document, sighted()))
    stock = await leniently(told(StrawberryGraphQLCoreExecutionContext, document, sighted()))
    assert_alike(compiled, stock)
    return compiled


def test_generated_subscriptions_answer_alike_for_all_their_events() -> None:
    counts = Plans.of(SCHEMA).fallbacks.counts
    before = counts[None]
    with asyncio.Runner() as runner:

        @examples(BATCHES)
        @seed(20_261_127)
        @given(from_schema(AS_QUERIES, custom_scalars=SCALARS))
        def alike(query: Any) -> None:
            runner.run(compared(visit(parse(str(query)), Subscribing())))

        alike()
    assert counts[None] - before >= BATCHES * 0.9


async def test_error_of_one_event_leaves_the_others_as_they_are() -> None:
    roots = [rock(1), rock(2), rock(4), rock(6)]

    answers = await each(built(CompiledExecutor, parse(TICKS), HostileContext()), roots)

    assert [answer.data for answer in answers] == [
        None,
        {"ticks": {"name": "rock 2", "rootNumber": 2, "cracked": {"strict": "rock 7"}}},
        {"ticks": {"name": "rock 4", "rootNumber": 4, "cracked": {"strict": "rock 9"}}},
        {"ticks": {"name": "rock 6", "rootNumber": 6, "cracked": {"strict": "rock 11"}}},
    ]
    (error,) = answers[0].errors or [GraphQLError("none")]
    assert (error.message, error.path) == ("rock 1 is cracked", ["ticks", "cracked"])
    assert [answer.errors for answer in answers[1:]] == [None, None, None]


TICKS = "subscription { ticks { name rootNumber cracked { strict } } }"


async def test_declared_field_is_read_once_for_all_events() -> None:
    document = parse("subscription { ticks { score neighbours { name score } } }")

    compiled, stock = [
        await told(executor, document, [rock(number) for number in range(50)])
        for executor in (CompiledExecutor, StrawberryGraphQLCoreExecutionContext)
    ]

    assert_alike(compiled, stock)
    assert compiled.extensions == stock.extensions
    assert compiled.extensions is not None
    assert list(compiled.extensions["calls"].values()) == [1, 1, 1]
    assert ("ticks.neighbours", 50) in compiled.extensions["calls"]


async def test_each_event_of_graphql_cores_own_stream_answers_alike() -> None:
    document = parse(
        "subscription { ticks(until: 6) { name strict score neighbours { name } cracked { name } } }"
    )
    counts = Plans.of(SCHEMA).fallbacks.counts
    before = counts[None]
    answers = []
    for executor in (StrawberryGraphQLCoreExecutionContext, CompiledExecutor):
        events: Any = subscribe(SCHEMA, document, context_value=HostileContext(), executor_class=executor)
        answers.append(
            [event async for event in (await events if optimized_is_awaitable(events) else events)]
        )

    for stock, compiled in zip(*answers, strict=True):
        assert_alike(compiled, stock)
    assert len(answers[1]) == 6
    assert counts[None] - before == 6
