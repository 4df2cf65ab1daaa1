"""Levels: a declared field is read once for all parents of its position, over all lists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, GraphQLObjectType
from strawberry.schema.schema_converter import get_arguments

from gateway.execution.arguments import Arguments
from gateway.execution.attributes import Attribute
from gateway.execution.chunks import is_long
from gateway.execution.columns import Column, Later, Values
from gateway.execution.places import FieldPlace
from tabard.fields import ROOT, DeclaredField
from tabard.guard import Guarded
from tabard.reads.batch import at, spread
from tabard.reads.level import Level
from tabard.selection import Selection
from tabard.tracing import level_span, spanned

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run

# The classes of keys that can be asked for as they are: ids, names, and the root.
PRESENT: Final = frozenset({int, str, type(ROOT)})


class Declared:
    """The field's values come from one call of its read with the keys of all parents."""

    def __init__(
        self,
        definition: DeclaredField,
        guard: Guarded,
        arguments: Arguments,
        selection: Selection,
        position: tuple[str, ...],
        parent: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        schema: Any,
    ) -> None:
        self.contribution = definition.contribution
        self.guard = guard
        self._definition = definition
        self._arguments = arguments
        self._selection = selection
        self._position = position
        self._memo: dict[Any, Any] = {}
        self._config = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        key = self.contribution.read.key
        self._kept: dict[str, Any] | None = None if definition.arguments else {}
        self._key = Attribute(key) if key is not None else None
        self.name = f"{parent.name}.{nodes[0].name.value}"
        self.place = (position, id(self.contribution), *map(id, nodes))

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        keys = Keys(self._keys(run, sources), self.guard)
        if not keys.rows:
            return run.completed(field, keys.all, place)
        try:
            call = self._call(run)
        except Exception as error:  # noqa: BLE001 - a wrong argument is the error of every row
            return run.completed(field, [error] * len(sources), place)
        later = Later()

        def come(found: Values) -> None:
            later.column = run.completed(field, keys.joined(found), place)

        call.join(keys.present, come)
        return later

    def _keys(self, run: Run, sources: Values) -> Values:
        if self._key is None:
            return [ROOT if source is None else source for source in sources]
        return self._key.values(run, sources)

    def _call(self, run: Run) -> LevelCall:
        """The call that waits to be made for this position; the fields of several types may share it."""
        call = run.levels.get(self.place)
        if call is None:
            args = self._kept
            if args is None:
                args = self.guard.contained(self._args, run)
            level = Level(
                run.context, self.contribution.plugin, self._position, self._selection, args, self._memo
            )
            call = run.levels[self.place] = LevelCall(self, level, run)
            run.waits.hold(call)
        return call

    def _args(self, run: Run) -> dict[str, Any]:
        handed = self._arguments.of(run)
        _, kwargs = get_arguments(
            field=self._definition,
            source=None,
            info=None,  # type: ignore[arg-type]
            kwargs=handed.give(),
            config=self._config,
            scalar_registry=self._scalars,
        )
        if handed.is_shared and self._arguments.is_constant:
            self._kept = kwargs
        return kwargs


class Keys:
    """The parents' keys: which of them there are, for a parent may have none, and reading it may have failed."""

    __slots__ = ("_wrong", "all", "present", "rows")

    def __init__(self, keys: Values, guard: Guarded) -> None:
        self._wrong: dict[int, BaseException] = {}
        self.all = keys
        self.rows: Sequence[int] = range(len(keys))
        self.present = keys
        """Those that can be asked for."""
        if not PRESENT.issuperset(map(type, keys)):
            self._sift(guard)

    def _sift(self, guard: Guarded) -> None:
        keys = self.all
        if holds_failures(keys):
            self._wrong = {
                row: guard.failure(key) for row, key in enumerate(keys) if isinstance(key, Exception)
            }
            self.all = [self._wrong.get(row, key) for row, key in enumerate(keys)]
        self.rows = [row for row, key in enumerate(keys) if key is not None and row not in self._wrong]
        self.present = [keys[row] for row in self.rows]

    def joined(self, found: Values) -> Values:
        """What was found for them, and what there is for the others."""
        if self.present is self.all:
            return found
        values = spread(found, self.rows, len(self.all))
        return [self._wrong.get(row, value) for row, value in enumerate(values)] if self._wrong else values


def holds_failures(values: Values) -> bool:
    """Whether any value is an exception; asked of each class, not of each value."""
    return any(issubclass(type_, Exception) for type_ in set(map(type, values)))


class LevelCall:
    """One call of a read, put together from all that wait for it."""

    __slots__ = ("_declared", "_keys", "_level", "_parts", "_run")

    def __init__(self, declared: Declared, level: Level, run: Run) -> None:
        self._declared = declared
        self._level = level
        self._run = run
        self._keys: list[Any] = []
        self._parts: list[tuple[int, Callable[[Values], None]]] = []

    def join(self, keys: Sequence[Any], come: Callable[[Values], None]) -> None:
        """Adds keys; `come` gets their values."""
        self._keys += keys
        self._parts.append((len(keys), come))

    async def made(self) -> Values:
        """Reads; each value that is an exception, and each that the read raises, is the plugin's failure."""
        del self._run.levels[self._declared.place]
        try:
            # A read may do with its keys what it likes: which of them there are is not for it to change.
            loaded = self._declared.contribution.read.load(self._level, [*self._keys])
            values = await spanned(loaded, level_span, self._declared.name, len(self._keys))
            return self._checked(values)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            failure = self._declared.guard.failure(error)
            if not isinstance(failure, Exception):
                raise
            return [failure] * len(self._keys)

    def _checked(self, values: Values) -> Values:
        if len(values) != len(self._keys):
            raise TypeError(f"a read gave {len(values)} values for {len(self._keys)} keys")
        if isinstance(values, list) and holds_failures(values):
            guard = self._declared.guard
            return [guard.failure(value) if isinstance(value, Exception) else value for value in values]
        return values

    def come(self, values: Values) -> None:
        """Hands out what was read; to the parts of a long list one by one."""
        if len(self._parts) == 1:
            self._parts[0][1](values)
            return
        start = 0
        for size, come in self._parts:
            part = values if size == len(values) else at(values, range(start, start + size))
            start += size
            if is_long(values) and size < len(values):
                self._run.waits.step(partial(come, part))
            else:
                come(part)
