"""Run: one execution of a plan: down through all fields, waiting where it must, and up with the rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from graphql.pyutils.is_awaitable import is_async_iterable

from gateway.execution.awaitables import awaitable_rows
from gateway.execution.columns import Column, Done, Later, Selected, Values
from gateway.execution.errors import FieldErrors
from gateway.execution.places import ROOT, FieldPlace, Place, root_row
from gateway.execution.waits import Waits

if TYPE_CHECKING:
    from gateway.execution.levels import LevelCall
    from gateway.execution.plan import FieldPlan, Part, Plan, SelectionPlan
    from gateway.execution.shapes import Shape
    from tabard.policies import Policy


class Run:
    """What the fields of one run share.

    An operation has one root; for events that are told together it runs once, with the payload of each
    for a root. `make_executor` gives graphql-core's executor for a root, which makes `info` and takes what
    only it can do; many operations never need one. A run that `is_awaited` lets the loop turn in long lists.
    """

    def __init__(
        self,
        plan: Plan,
        context: Any,
        roots: Sequence[Any],
        variables: VariableValues,
        make_executor: Callable[[Any], Executor[Any]],
        is_async_iterable: Callable[[Any], bool] = is_async_iterable,
        *,
        is_awaited: bool = False,
    ) -> None:
        self.plan = plan
        self.context = context
        self.variables = variables
        self.errors = FieldErrors()
        self.waits = Waits()
        self.levels: dict[Any, LevelCall] = {}
        self.is_async_iterable = is_async_iterable
        self.is_awaited = is_awaited
        self.chunks: list[Later] = []
        self._roots = roots
        self._make_executor = make_executor
        self._executors: dict[int, Executor[Any]] = {}
        self._selected = Selected(plan.root.build, len(roots))

    @property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor of the same operation, for what all roots have in common."""
        return self._executor(0)

    def executor_at(self, place: Place, row: int) -> Executor[Any]:
        """graphql-core's executor of the same operation, for the root that a row is below."""
        return self._executor(root_row(place, row) if len(self._roots) > 1 else 0)

    @property
    def schema(self) -> GraphQLSchema:
        """The schema that the plan was made for."""
        return self.plan.schema

    def results(self, *, is_serial: bool) -> list[ExecutionResult] | Awaitable[list[ExecutionResult]]:
        """The result for each root, or an awaitable of them where anything has to be waited for."""
        root = self.plan.root
        turns: list[Sequence[Part]] = [[field] for field in root.fields] if is_serial else [root.parts]
        for number, turn in enumerate(turns):
            self._start(turn)
            if self.waits:
                return self._rest(turns[number + 1 :])
            if is_serial and self._selected.is_lost():
                break
        return self._finished()

    async def _rest(self, turns: Sequence[Sequence[Part]]) -> list[ExecutionResult]:
        self.is_awaited = True
        await self.waits.drain()
        for turn in turns:
            await self._settle()
            if self._selected.is_lost():
                break
            self._start(turn)
            await self.waits.drain()
        if self.chunks:
            await self._settle()
        return self._finished()

    async def _settle(self) -> None:
        # The innermost have come last.
        while self.chunks:
            await asyncio.sleep(0)
            self.chunks.pop().settle()

    def _start(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.fill(self, self._roots, ROOT, self._selected)

    def _finished(self) -> list[ExecutionResult]:
        is_whole = len(self._selected.cells) == len(self.plan.root.fields)
        rows: Values = self._selected.assembled()[0] if is_whole else [None]
        errors = self.errors.located()
        return [ExecutionResult(row, errors.get(root)) for root, row in enumerate(rows)]

    def _executor(self, root: int) -> Executor[Any]:
        if root not in self._executors:
            self._executors[root] = self._make_executor(self._roots[root])
        return self._executors[root]

    def select(self, selection: SelectionPlan, sources: Values, place: Place) -> Column:
        """The selection for all sources, which are objects of its type."""
        size = len(sources)
        if not size:
            return Done([])
        selected = Selected(selection.build, size)
        for part in selection.parts:
            part.fill(self, sources, place, selected)
        return selected.whole()

    def completed(self, field: FieldPlan, raw: Values, place: Place) -> Column:
        """The column of a field's raw values, when those that are awaitable have come."""
        return self.shaped(field.shape, raw, place, field)

    def shaped(self, shape: Shape, raw: Values, place: Place, field: FieldPlan) -> Column:
        """The same for values of a shape: a field's, or the items of its lists."""
        quick = shape.quick(self, raw, place, field)
        if quick is not None:
            return quick
        if rows := awaitable_rows(raw):
            return self._later(raw, rows, lambda values: self.plain(shape, values, place, field))
        return shape.complete(self, raw, place, field)

    def plain(self, shape: Shape, values: Values, place: Place, field: FieldPlan) -> Column:
        """The same for values that are waited for no more."""
        quick = shape.quick(self, values, place, field)
        return shape.complete(self, values, place, field) if quick is None else quick

    def settled(self, raw: Values, then: Callable[[Values], Column]) -> Column:
        """The column that `then` makes of the values, at once or when the awaitable ones have come."""
        rows = awaitable_rows(raw)
        return self._later(raw, rows, then) if rows else then(raw)

    def _later(self, raw: Values, rows: Sequence[int], then: Callable[[Values], Column]) -> Column:
        later, values = Later(), list(raw)

        def come(found: list[Any]) -> None:
            for row, value in zip(rows, found, strict=True):
                values[row] = value
            later.column = then(values)

        self.waits.add([raw[row] for row in rows], come)
        return later

    def mapped(self, function: Callable[[Any], Any], values: Values) -> list[Any]:
        """The function of each value; what it raises takes the place of its result."""
        results: list[Any] = []
        calls = map(function, values)
        while True:
            try:
                results.extend(calls)
            except Exception as error:  # noqa: BLE001 - a resolver's error is its field's error
                results.append(error)
                continue
            if len(results) == len(values):
                return results
            # `map` takes a StopIteration that the function raised for its own end.
            results.append(StopIteration())

    def info(self, field: FieldPlan, place: Place, row: int) -> GraphQLResolveInfo[Any]:
        """The `info` of a field, or of the field whose list the row is in."""
        here: Place | None = place
        at = row
        while here is not None and not isinstance(here, FieldPlace):
            at, here = here.above(at), here.parent
        path: Any = here.path(at) if here is not None else None
        executor = self.executor_at(place, row)
        return executor.build_resolve_info(field.definition, field.nodes, field.parent, path)

    def denial(self, policies: Sequence[Policy]) -> Exception | None:
        """What the first of the policies that does not allow the viewer says."""
        for policy in policies:
            try:
                self.context.require(policy)
            except Exception as error:  # noqa: BLE001 - the denial is the error of every row
                return error
        return None
