"""Run: one execution of a plan: down through all fields, waiting where it must, and up with the rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import CoroutineType, FunctionType, GeneratorType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from graphql.pyutils.is_awaitable import is_async_iterable
from strawberry.execution import optimized_is_awaitable

from gateway.execution.columns import Column, Done, Later, Selected, Values
from gateway.execution.errors import FieldErrors
from gateway.execution.places import FieldPlace, Place, RootPlace, root_row
from gateway.execution.waits import Waits
from tabard.reads.batch import Grouped, Picked, RowBatch

if TYPE_CHECKING:
    from gateway.execution.levels import LevelCall
    from gateway.execution.plan import FieldPlan, Plan, SelectionPlan

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset})
BATCHES = frozenset({RowBatch, Picked, Grouped})
_may_be_awaited: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


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
        self._columns: list[Column] = []

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
        fields = self.plan.root.fields
        parts = [[field] for field in fields] if is_serial else [fields]
        for number, part in enumerate(parts):
            self._start(part)
            if self.waits:
                return self._rest(parts[number + 1 :])
            if is_serial and self._is_lost():
                break
        return self._finished()

    async def _rest(self, parts: Sequence[Sequence[FieldPlan]]) -> list[ExecutionResult]:
        self.is_awaited = True
        await self._drain()
        for part in parts:
            if self._is_lost():
                break
            self._start(part)
            await self._drain()
        return self._finished()

    async def _drain(self) -> None:
        await self.waits.drain()
        # The innermost have come last.
        while self.chunks:
            await asyncio.sleep(0)
            self.chunks.pop().settle()

    def _start(self, fields: Sequence[FieldPlan]) -> None:
        root = RootPlace()
        self._columns += [self.field(field, self._roots, root) for field in fields]

    def _is_lost(self) -> bool:
        """Whether the last of the serial root fields took the whole answer with it; it is the last then."""
        column = self._columns[-1]
        values, lost = column.assembled()
        self._columns[-1] = Done(values, lost)
        return bool(lost)

    def _finished(self) -> list[ExecutionResult]:
        fields = self.plan.root
        rows: Values = [None]
        if len(self._columns) == len(fields.fields):
            rows, _ = Selected(fields.build, self._columns, len(self._roots)).assembled()
        errors = self.errors.located()
        return [ExecutionResult(row, errors.get(root)) for root, row in enumerate(rows)]

    def _executor(self, root: int) -> Executor[Any]:
        if root not in self._executors:
            self._executors[root] = self._make_executor(self._roots[root])
        return self._executors[root]

    def select(self, selection: SelectionPlan, sources: Values, place: Place) -> Column:
        """The selection for all sources, which are objects of its type."""
        if not len(sources):
            return Done([])
        columns = [self.field(field, sources, place) for field in selection.fields]
        return Selected(selection.build, columns, len(sources))

    def field(self, field: FieldPlan, sources: Values, place: Place) -> Column:
        """One field of all sources."""
        here = FieldPlace(place, field.name, field.order, field.parent.name, field.shape.is_nullable)
        denial = self._denial(field)
        if denial is not None:
            return self.completed(field, [denial] * len(sources), here)
        return field.source.column(self, field, sources, here)

    def completed(self, field: FieldPlan, raw: Values, place: Place) -> Column:
        """The column of a field's raw values, when those that are awaitable have come."""
        if (done := field.shape.quick(raw)) is not None:
            return done
        return self.settled(raw, lambda values: field.shape.complete(self, values, place, field))

    def settled(self, raw: Values, then: Callable[[Values], Column]) -> Column:
        """The column that `then` makes of the values, at once or when the awaitable ones have come."""
        rows = awaitable_rows(raw)
        if not rows:
            return then(raw)
        later, values = Later(), list(raw)

        def come(found: list[Any]) -> None:
            for row, value in zip(rows, found, strict=True):
                values[row] = value
            later.column = then(values)

        self.waits.add([raw[row] for row in rows], come)
        return later

    def mapped(self, function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        """The function of each value; what it raises takes the place of its result."""
        results: list[Any] = []
        calls = map(function, values)
        while True:
            try:
                results.extend(calls)
            except Exception as error:  # noqa: BLE001 - a resolver's error is its field's error
                results.append(error)
                continue
            if len(results) == len(values):  # type: ignore[arg-type]
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

    def _denial(self, field: FieldPlan) -> Exception | None:
        for policy in field.policies:
            try:
                self.context.require(policy)
            except Exception as error:  # noqa: BLE001 - the denial is the error of every row
                return error
        return None


def awaitable_rows(raw: Values) -> list[int]:
    """The rows whose value has to be waited for."""
    if type(raw) in BATCHES:
        return []
    types = set(map(type, raw))
    if types <= PLAIN or not any(map(_may_await, types - PLAIN)):
        return []
    return [row for row, value in enumerate(raw) if optimized_is_awaitable(value)]


def _may_await(type_: type) -> bool:
    """Whether an instance may be awaitable; an object with attributes of its own making may be anything."""
    known = _may_be_awaited.get(type_)
    if known is None:
        known = _may_be_awaited[type_] = (
            issubclass(type_, CoroutineType | GeneratorType)
            or hasattr(type_, "__await__")
            or any("__getattr__" in vars(base) for base in type_.__mro__)
            or isinstance(type_.__getattribute__, FunctionType)
        )
    return known
