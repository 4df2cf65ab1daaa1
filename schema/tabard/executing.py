"""Executing: one operation for several root values, such as the events that are told together."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from graphql import ExecutionResult
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable


@runtime_checkable
class ExecutesEach(Protocol):
    """An executor that runs its operation for several root values at once."""

    def execute_each(self, roots: Sequence[Any]) -> Awaitable[Sequence[ExecutionResult]]:
        """One result for each root value."""


async def each(executor: Executor[Any], roots: Sequence[Any]) -> Sequence[ExecutionResult]:
    """One result for each root value; reads at one position are made for all of them together."""
    if isinstance(executor, ExecutesEach):
        return await executor.execute_each(roots)
    return await each_alone(executor, roots, type(executor).execute_operation)


async def each_alone(
    executor: Executor[Any], roots: Sequence[Any], execute: Callable[[Any], Any]
) -> Sequence[ExecutionResult]:
    """One result for each root value, each by an executor of its own; the loaders bring their reads together."""

    async def one(root: Any) -> ExecutionResult:
        result = execute(executor.build_per_event_executor(root))
        outcome: ExecutionResult = await result if optimized_is_awaitable(result) else result
        return outcome

    return await gather(*map(one, roots))
