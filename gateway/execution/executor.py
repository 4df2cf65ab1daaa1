"""Executor: Strawberry's executor with plans; what has no plan runs as it always did."""

from __future__ import annotations

from typing import Any

from graphql import OperationType
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.fallback import caller_reason
from gateway.execution.plan import Plan
from gateway.execution.planner import Operation
from gateway.execution.plans import Plans
from gateway.execution.run import Run


class Compiled(Executor[Any]):
    """What makes an executor of graphql-core run plans: mixed into one, it takes over where there is a plan."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or an awaitable of it."""
        plans = Plans.of(self.schema)
        plan = caller_reason(self) or plans.find(self.schema, self._operation(), self.variable_values)
        plans.fallbacks.count(None if isinstance(plan, Plan) else plan)
        if not isinstance(plan, Plan):
            return self.execute_stock(serially)
        is_mutation = self.operation.operation is OperationType.MUTATION
        run = Run(
            plan,
            self.context_value,
            self.root_value,
            self.variable_values,
            lambda: self,
            self.is_async_iterable,
        )
        return run.result(is_serial=is_mutation if serially is None else serially)

    def execute_stock(self, serially: bool | None = None) -> Any:
        """The same by graphql-core alone."""
        return super().execute_operation(serially)

    def _operation(self) -> Operation:
        return Operation(self.operation, self.fragments, self.fragment_definitions, self.hide_suggestions)


class CompiledExecutor(Compiled, StrawberryGraphQLCoreExecutionContext):
    """For `strawberry.Schema(execution_context_class=CompiledExecutor)`."""
