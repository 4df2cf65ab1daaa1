"""Sources: where the raw values of a field come from, for all parents at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from graphql.execution.executor import CollectedErrors, Executor
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField

from gateway.execution.arguments import Arguments, Given, Handed
from gateway.execution.columns import Column, Done, Lost, Selected, Values
from gateway.execution.infos import LazyInfo
from gateway.execution.places import FieldPlace, Place
from gateway.execution.waits import ended, outcome
from tabard.guard import Guarded
from tabard.mutations import MutationField

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run

Resolve = Callable[..., Any]
SOURCE: Any = object()
INFO: Any = object()


class Source(Protocol):
    """One way to get a field's values."""

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        """The completed column of the field for these parents."""


class Typename:
    """`__typename`: the same for all."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        return Done([self._name] * len(sources))

    def fill(self, run: Run, sources: Values, place: Place, selected: Selected) -> None:
        selected.cells.append([self._name] * len(sources))


class Method:
    """A Strawberry resolver without extensions: called directly, as Strawberry would call it."""

    def __init__(
        self, definition: StrawberryField, guard: Guarded, arguments: Arguments, schema: Any
    ) -> None:
        resolver = definition.base_resolver
        self._function: Any = resolver.wrapped_func if resolver is not None else None
        self._definition = definition
        self._arguments = arguments
        self._wants_info = resolver is not None and resolver.info_parameter is not None
        self._config = schema.config
        self._info_class: Any = schema.config.info_class
        self._scalars = schema.schema_converter.scalar_registry
        self._guard = guard
        self._kept: Callable[[Any, Any], Any] | None = None

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        parents = list(sources)
        try:
            handed = self._arguments.of(run)
            bound = self._guard.contained(self._bound, handed) if handed.is_shared else None
        except Exception as error:  # noqa: BLE001 - a wrong argument is the error of every row
            return run.completed(field, [error] * len(parents), place)

        def call(row: int) -> Any:
            info: Any = None
            if self._wants_info:
                info = self._info_class(_raw_info=LazyInfo(run, field, place, row), _field=self._definition)
            if bound is not None:
                return bound(parents[row], info)
            args, kwargs = self._arguments_of(parents[row], info, handed.give())
            return self._function(*args, **kwargs)

        contained = call if self._guard.plugin is None else partial(self._guard.contained, call)
        return run.completed(field, run.mapped(contained, range(len(parents))), place)

    def _bound(self, handed: Handed) -> Callable[[Any, Any], Any]:
        """The function with arguments that all rows share; it takes the source and the info of each."""
        if self._kept is not None:
            return self._kept
        args, kwargs = self._arguments_of(SOURCE, INFO, handed.give())
        function, takes_source = self._function, SOURCE in args
        sources = [name for name, value in kwargs.items() if value is SOURCE]
        infos = [name for name, value in kwargs.items() if value is INFO]

        def bound(source: Any, info: Any) -> Any:
            named = kwargs.copy()
            for name in sources:
                named[name] = source
            for name in infos:
                named[name] = info
            return function(source, **named) if takes_source else function(**named)

        if self._arguments.is_constant:
            self._kept = bound
        return bound

    def _arguments_of(self, source: Any, info: Any, given: Given) -> tuple[list[Any], dict[str, Any]]:
        return get_arguments(
            field=self._definition,
            source=source,
            info=info,
            kwargs=given,
            config=self._config,
            scalar_registry=self._scalars,
        )


class Call:
    """Any other resolver of the schema, called as graphql-core calls it."""

    def __init__(self, resolve: Resolve | None, arguments: Arguments) -> None:
        self._resolve = resolve
        self._arguments = arguments

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        resolve = self._resolve or run.executor.field_resolver
        try:
            given = self._arguments.of(run)
        except Exception as error:  # noqa: BLE001 - a wrong argument is the error of every row
            return run.completed(field, [error] * len(sources), place)
        parents = list(sources)
        raw = run.mapped(
            lambda row: resolve(parents[row], run.info(field, place, row), **given.give()),
            range(len(parents)),
        )
        return run.completed(field, raw, place)


class Change:
    """A mutation's work, begun with the input that its field was given."""

    def __init__(self, definition: MutationField, guard: Guarded, arguments: Arguments, schema: Any) -> None:
        self._definition = definition
        self._arguments = arguments
        self._guard = guard
        self._config = schema.config
        self._scalars = schema.schema_converter.scalar_registry

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        try:
            given = self._arguments.of(run)
        except Exception as error:  # noqa: BLE001 - a wrong argument is the error of every row
            return run.completed(field, [error] * len(sources), place)
        raw = run.mapped(
            lambda _: self._guard.contained(self._begun, run.context, field.name, given.give()), sources
        )
        return run.completed(field, raw, place)

    def _begun(self, context: Any, name: str, given: Given) -> Any:
        value = self._definition.received(given, self._scalars, self._config)
        return self._definition.mutation.run(context, name, value)


class ItemByItem:
    """A field that opted out of the barrier: each parent's subtree is run by graphql-core on its own."""

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        executors = [_own(run.executor_at(place, row)) for row in range(len(sources))]
        parents = list(sources)
        raw = run.mapped(
            lambda row: executors[row].execute_field(
                field.parent, parents[row], field.details, place.path(row), None
            ),
            range(len(parents)),
        )
        whole = [_whole(value, executor) for value, executor in zip(raw, executors, strict=True)]
        return run.settled(whole, lambda values: self._done(run, field, values, executors, place))

    def _done(
        self,
        run: Run,
        field: FieldPlan,
        values: Values,
        executors: Sequence[Executor[Any]],
        place: FieldPlace,
    ) -> Column:
        lost: Lost = set()
        completed = list(values)
        for row, (value, executor) in enumerate(zip(values, executors, strict=True)):
            run.errors.keep(place, row, executor.collected_errors.errors)
            if isinstance(value, Exception):
                run.errors.add(place, row, field.nodes, value)
                completed[row] = None
                lost.add(row)
        return Done(completed, lost)


def _own(executor: Executor[Any]) -> Executor[Any]:
    """The same operation, with errors of its own."""
    own = copy(executor)
    own.collected_errors = CollectedErrors()
    own.background_futures = set()
    return own


def _whole(value: Any, executor: Executor[Any]) -> Any:
    """The value, awaitable until nothing runs any more of what the executor has begun for it.

    graphql-core answers as soon as an error takes the answer's place, and lets the rest run on.
    """
    is_done = not executor.is_awaitable(value) and not executor.background_futures
    return value if is_done else _ended(value, executor)


async def _ended(value: Any, executor: Executor[Any]) -> Any:
    begun = executor.background_futures
    try:
        given = await outcome(value) if executor.is_awaitable(value) else value
        while begun:
            await asyncio.wait(list(begun))
        return given
    finally:
        await ended(list(begun))
