"""Lane: a cached document with a cached plan runs without an executor of graphql-core being made."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.executor import default_type_resolver
from strawberry.execution import optimized_is_awaitable

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plan import Plan
from gateway.execution.planner import Operation
from gateway.execution.plans import Plans
from gateway.execution.run import Run
from gateway.execution.variables import Variables
from gateway.execution.waits import ended


class Prepared(NamedTuple):
    """An operation with what is kept of it from one run to the next."""

    operation: Operation
    variables: Variables


def prepared(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> Prepared:
    """An operation of a document, with what a plan needs of the document."""
    definitions = {
        item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)
    }
    fragments = {name: FragmentDetails(item) for name, item in definitions.items()}
    operation = Operation(node, fragments, definitions, hide_suggestions=True)
    return Prepared(operation, Variables(schema, node))


async def run(
    schema: GraphQLSchema,
    ready: Prepared,
    context: Any,
    given: dict[str, Any] | None,
    *,
    trusted: bool = False,
) -> ExecutionResult:
    """The result of a validated operation; without a plan, which a trusted one has at once, it is graphql-core's."""
    operation, variables = ready.operation, ready.variables.of(given)
    if isinstance(variables, list):
        return ExecutionResult(None, variables)

    def executor(root: object = None) -> CompiledExecutor:
        return CompiledExecutor(
            schema,
            operation.definitions,
            operation.fragments,
            root,
            context,
            operation.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
            hide_suggestions=True,
        )

    plans = Plans.of(schema)
    plan = plans.find(schema, operation, variables, trusted=trusted)
    plans.fallbacks.count(None if isinstance(plan, Plan) else plan)
    if isinstance(plan, Plan):
        running = Run(plan, context, [None], variables, executor, is_awaited=True)
        results = running.results(is_serial=operation.node.operation is OperationType.MUTATION)
        return (results if isinstance(results, list) else await results)[0]
    return await _stock(executor())


async def _stock(executor: CompiledExecutor) -> ExecutionResult:
    """graphql-core's result, once nothing runs any more of what it has begun.

    It answers as soon as an error takes the answer's place, and lets the rest run on.
    """
    begun = executor.background_futures
    try:
        result: Any = executor.execute_stock()
        outcome: ExecutionResult = await result if optimized_is_awaitable(result) else result
        while begun:
            await asyncio.wait(list(begun))
        return outcome
    finally:
        await ended(list(begun))
