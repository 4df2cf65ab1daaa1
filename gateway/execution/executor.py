"""Executor: Strawberry's executor with plans; what has no plan runs as it always did."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from graphql import ExecutionResult, OperationType
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.fallback import caller_reason
from gateway.execution.plan import Plan
from gateway.execution.planner import Operation
from gateway.execution.plans import Plans
from gateway.execution.run import Run
from tabard.executing import each_alone


class Compiled(Executor[Any]):
    """What makes an executor of graphql-core run plans: mixed into one, it takes over where there is a plan."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or an awaitable of it."""
        plan = self._plan()
        if plan is None:
            return self.execute_stock(serially)
        run = Run(
            plan,
            self.context_value,
            [self.root_value],
            self.variable_values,
            lambda root: self,
            self.is_async_iterable,
        )
        results = run.results(is_serial=self._is_mutation if serially is None else serially)
        return results[0] if isinstance(results, list) else _first(results)

    async def execute_each(self, roots: Sequence[Any]) -> Sequence[ExecutionResult]:
        """The results for several root values; a level is one call for all of them."""
        plan = self._plan()
        if plan is None:
            return await each_alone(self, roots, Compiled.execute_stock)
        run = Run(
            plan,
            self.context_value,
            roots,
            self.variable_values,
            self.build_per_event_executor,
            self.is_async_iterable,
            is_awaited=True,
        )
        results = run.results(is_serial=self._is_mutation)
        return results if isinstance(results, list) else await results

    def execute_stock(self, serially: bool | None = None) -> Any:
        """The same by graphql-core alone."""
        return super().execute_operation(serially)

    @property
    def _is_mutation(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    def _plan(self) -> Plan | None:
        """The plan; without one, why is counted."""
        operation = Operation(
            self.operation, self.fragments, self.fragment_definitions, self.hide_suggestions
        )
        plans = Plans.of(self.schema)
        plan = caller_reason(self) or plans.find(self.schema, operation, self.variable_values)
        plans.fallbacks.count(None if isinstance(plan, Plan) else plan)
        return plan if isinstance(plan, Plan) else None


async def _first(results: Awaitable[list[ExecutionResult]]) -> ExecutionResult:
    return (await results)[0]


class CompiledExecutor(Compiled, StrawberryGraphQLCoreExecutionContext):
    """For `strawberry.Schema(execution_context_class=CompiledExecutor)`."""
