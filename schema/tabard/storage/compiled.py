"""Compiled reads: a statement's text as the driver takes it, and what turns values and cells into ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.compiler import WARN_LINTING

from tabard.errors import DoorRefusal
from tabard.storage.door import ACTOR_KEY, PORTAL_KEY
from tabard.storage.door_compiler import DoorCompiler
from tabard.texts import Texts

Statement = sa.Select[Any] | sa.CompoundSelect[Any]
Process = Callable[[Any], Any]
Convert = Callable[[Sequence[Any]], Sequence[Any]]


class Values(Protocol):
    """Makes a text's arguments of the scope's values, of those given by number, and of a row's by name."""

    def __call__(
        self, scope: Mapping[str, Any], given: Sequence[Any], row: Mapping[str, Any] = ..., /
    ) -> Sequence[Any]: ...


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
SCOPE: Final = (PORTAL_KEY, ACTOR_KEY)
NUMBERS: Final = {float: 701, Decimal: 1700, int: 20}
"""PostgreSQL's types of numbers, by the Python type that the driver gives them."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The value of one parameter: the scope's, one that is given, a row's, or the one written in the statement."""

    key: str | int
    process: Process | None
    is_scope: bool = False
    is_row: bool = False
    written: Callable[[], Any] | None = None

    def expression(self, number: int) -> str:
        """Its value as the driver takes it, in Python; what it needs is named with its number."""
        if self.written is not None:
            value = f"written{number}()"
        else:
            value = f"{'scope' if self.is_scope else 'row' if self.is_row else 'given'}[key{number}]"
        return value if self.process is None else f"process{number}({value})"


class Arguments:
    """The values of a text, in its order: each is worked out once, however often the text has it."""

    def __init__(self, order: Sequence[str], argument: Callable[[str], Argument]) -> None:
        """`order` names the parameters as the text has them."""
        each = {name: argument(name) for name in dict.fromkeys(order)}
        self.each = [each[name] for name in order]

    @cached_property
    def values(self) -> Values:
        """Gives the values; it is written out, because each look at how an argument comes would cost more."""
        cells: dict[int, str] = {}
        names: dict[str, Any] = {"NOTHING": NOTHING}
        order = []
        for argument in self.each:
            number = id(argument)
            if number not in cells:
                place = len(cells)
                names |= {f"key{place}": argument.key, f"process{place}": argument.process}
                names[f"written{place}"] = argument.written
                cells[number] = f"value{place}"
                order.append(f"({cells[number]} := {argument.expression(place)})")
            else:
                order.append(cells[number])
        made: Values = eval(f"lambda scope, given, row=NOTHING: [{', '.join(order)}]", names)  # noqa: S307 - ours
        return made


@dataclass(frozen=True, eq=False)
class CompiledRead:
    """Text that the door has compiled; it is the same for every viewer and for any values."""

    text: str
    names: tuple[str, ...]
    arguments: Arguments
    converters: tuple[tuple[int, Convert], ...]
    literals: tuple[tuple[int, Any], ...] = ()
    """The given values that are part of the text, by number."""

    def columns(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """The rows as columns of Python values, in the order of `names`."""
        if not rows:
            return [() for _ in self.names]
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, convert in self.converters:
            columns[place] = convert(columns[place])
        return columns


def compile_read(statement: Any, dialect: sa.Dialect, cache_key: CacheKey) -> CompiledRead:
    """Compiles a statement through the door.

    The values of its parameters are given by their number in the cache key, so that the text serves
    every statement with an equal key.
    """
    if not isinstance(statement, (sa.Select, sa.CompoundSelect)) or _writes(statement):
        raise DoorRefusal("READ refused: it is no SELECT, or holds a change; change rows in a mutation")
    compiled: Any = statement.compile(
        dialect=dialect, cache_key=cache_key, linting=dialect.compiler_linting | WARN_LINTING
    )
    require_stable(compiled, "READ")
    numbers = numbers_of(compiled, cache_key)
    text, order = finished(compiled)
    return CompiledRead(
        text,
        tuple(str(column.key) for column in statement.selected_columns),
        Arguments(order, lambda name: argument_of(compiled, name, numbers)),
        tuple(_converters(compiled, dialect)),
        literals_of(compiled, numbers),
    )


def require_stable(compiled: Any, kind: str) -> None:
    """Refuses what the door has not compiled, and text that is another for each number of values."""
    if not isinstance(compiled, DoorCompiler):
        raise DoorRefusal(f"{kind} refused: the tenant's door has not compiled it")
    if compiled.post_compile_params:
        raise DoorRefusal(
            f"{kind} refused: it holds IN with a list, whose text changes with the number of values; "
            "use keys(column, values)"
        )


def _writes(statement: Any) -> bool:
    return any(isinstance(element, sa.UpdateBase) for element in visitors.iterate(statement))


def finished(compiled: Any) -> tuple[str, Sequence[str]]:
    """The text with what SQLAlchemy writes into it at the last moment, and its parameters in order."""
    if not compiled.literal_execute_params:
        return compiled.string, compiled.positiontup or ()
    required = {parameter.key: None for parameter in compiled.bind_names if parameter.required}
    expanded = compiled.construct_expanded_state(required)
    return expanded.statement, expanded.positiontup


def literals_of(compiled: Any, numbers: Mapping[str, int]) -> tuple[tuple[int, Any], ...]:
    """The given values that are part of the text, by number."""
    return tuple(
        (numbers[compiled.bind_names[parameter]], parameter.effective_value)
        for parameter in compiled.literal_execute_params
        if compiled.bind_names[parameter] in numbers
    )


def argument_of(compiled: Any, name: str, numbers: Mapping[str, int]) -> Argument:
    """Where the value of a parameter comes from."""
    parameter, process = compiled.binds[name], compiled._bind_processors.get(name)
    if parameter.key in SCOPE:
        return Argument(parameter.key, process, is_scope=True)
    if name in numbers:
        return Argument(numbers[name], process)
    if parameter.callable is not None:
        return Argument(name, process, written=parameter.callable)
    value = parameter.value if process is None else process(parameter.value)
    return Argument(name, None, written=lambda: value)


class _Number:
    """Stands for a parameter of the cache key, to learn where its value goes."""

    def __init__(self, number: int) -> None:
        self.value = self.effective_value = self
        self.number = number


def numbers_of(compiled: Any, cache_key: CacheKey) -> dict[str, int]:
    """By name in the text: the number that the parameter has in the cache key."""
    extracted = [_Number(number) for number in range(len(cache_key.bindparams))]
    found = compiled.construct_params(extracted_parameters=extracted, _check=False)
    return {name: value.number for name, value in found.items() if isinstance(value, _Number)}


def _converters(compiled: Any, dialect: sa.Dialect) -> Iterator[tuple[int, Convert]]:
    for place, column in enumerate(compiled._result_columns):
        if (convert := converter(column.type, dialect)) is not None:
            yield place, convert


def converter(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    """What makes Python values of a column of the driver's; None where they are the same."""
    if (of_column := getattr(type_, "column_converter", None)) is not None:
        return cast("Convert | None", of_column(dialect))
    if dialect.name == "postgresql" and issubclass(type_._type_affinity or object, sa.Numeric | sa.Float):
        return partial(_plain_numbers, type_, dialect)
    if dialect.name == "sqlite" and type(type_) is sa.Date:
        return partial(Texts, date)
    process = type_._cached_result_processor(dialect, None)
    return None if process is None else partial(_each, process)


def _each(process: Process, cells: Sequence[Any]) -> Sequence[Any]:
    return list(map(process, cells))


def _plain_numbers(
    type_: sa.types.TypeEngine[Any], dialect: sa.Dialect, cells: Sequence[Any]
) -> Sequence[Any]:
    """PostgreSQL's numbers: how they become ours depends on which of its types they have."""
    kind = next((type(cell) for cell in cells if cell is not None), None)
    process = None if kind is None else type_._cached_result_processor(dialect, NUMBERS[kind])
    return cells if process is None else _each(process, cells)
