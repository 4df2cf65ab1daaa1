"""Run: one execution of a plan: down through all fields, waiting where it must, and up with the rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property
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
from gateway.execution.places import FieldPlace, Place, RootPlace
from gateway.execution.waits import Waits
from tabard.reads.batch import Grouped, Picked, RowBatch

if TYPE_CHECKING:
    from gateway.execution.levels import LevelCall
    from gateway.execution.plan import FieldPlan, Plan, SelectionPlan

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset})
BATCHES = frozenset({RowBatch, Picked, Grouped})
_may_be_awaited: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


class Run:
    """What the fields of one operation share.

    `make_executor` gives graphql-core's executor, which makes `info` and takes what only it can do; many
    operations never need one.
    """

    def __init__(
        self,
        plan: Plan,
        context: Any,
        root: Any,
        variables: VariableValues,
        make_executor: Callable[[], Executor[Any]],
        is_async_iterable: Callable[[Any], bool] = is_async_iterable,
    ) -> None:
        self.plan = plan
        self.context = context
        self.variables = variables
        self.errors = FieldErrors()
        self.waits = Waits()
        self.levels: dict[Any, LevelCall] = {}
        self.is_async_iterable = is_async_iterable
        self._root = root
        self._make_executor = make_executor
        self._columns: list[Column] = []

    @cached_property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor of the same operation."""
        return self._make_executor()

    @property
    def schema(self) -> GraphQLSchema:
        """The schema that the plan was made for."""
        return self.plan.schema

    def result(self, *, is_serial: bool) -> ExecutionResult | Awaitable[ExecutionResult]:
        """The result, or an awaitable of it where anything has to be waited for."""
        fields = self.plan.root.fields
        parts = [[field] for field in fields] if is_serial else [fields]
        for number, part in enumerate(parts):
            self._start(part)
            if self.waits:
                return self._rest(parts[number + 1 :])
            if is_serial and self._is_lost():
                break
        return self._finished()

    async def _rest(self, parts: Sequence[Sequence[FieldPlan]]) -> ExecutionResult:
        await self.waits.drain()
        for part in parts:
            if self._is_lost():
                break
            self._start(part)
            await self.waits.drain()
        return self._finished()

    def _start(self, fields: Sequence[FieldPlan]) -> None:
        root = RootPlace()
        self._columns += [self.field(field, [self._root], root) for field in fields]

    def _is_lost(self) -> bool:
        """Whether the last of the serial root fields took the whole answer with it; it is the last then."""
        column = self._columns[-1]
        values, lost = column.assembled()
        self._columns[-1] = Done(values, lost)
        return bool(lost)

    def _finished(self) -> ExecutionResult:
        fields = self.plan.root
        if len(self._columns) < len(fields.fields):
            return ExecutionResult(None, self.errors.located())
        rows, _ = Selected(fields.build, self._columns, 1).assembled()
        return ExecutionResult(rows[0], self.errors.located())

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
        while here is not None and not isinstance(here, FieldPlace):
            row, here = here.above(row), here.parent
        path: Any = here.path(row) if here is not None else None
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)

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
