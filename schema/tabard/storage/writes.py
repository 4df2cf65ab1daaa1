"""Compiled writes: the text of an INSERT, UPDATE or DELETE as the driver takes it, and where its values come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.sql.cache_key import CacheKey

from tabard.errors import DoorRefusal
from tabard.storage.compiled import (
    Argument,
    Arguments,
    argument_of,
    finished,
    literals_of,
    numbers_of,
    require_stable,
)


@dataclass(frozen=True, eq=False)
class CompiledWrite:
    """Text that the door has compiled; it is the same for every viewer, for any values and any row."""

    text: str
    table: sa.Table
    reads: bool
    """Whether it takes rows from a table, beside those that it changes."""
    arguments: Arguments
    literals: tuple[tuple[int, Any], ...] = ()
    """Its own values that are part of the text, by number."""


class Change(NamedTuple):
    """A compiled change and the driver's values for each time that it runs."""

    write: CompiledWrite
    rows: Sequence[Sequence[Any]]


def compile_write(
    statement: Any, dialect: sa.Dialect, cache_key: CacheKey | None, names: Collection[str]
) -> CompiledWrite:
    """Compiles a change through the door; the row that it is run for has these names."""
    if not isinstance(statement, sa.UpdateBase):
        raise DoorRefusal("CHANGE refused: it is no INSERT, UPDATE or DELETE")
    compiled: Any = statement.compile(
        dialect=dialect, cache_key=cache_key, column_keys=sorted(names), for_executemany=True
    )
    require_stable(compiled, "CHANGE")
    if compiled.effective_returning:
        raise DoorRefusal("CHANGE refused: it returns rows; read them with a statement of their own")
    numbers = {} if cache_key is None else numbers_of(compiled, cache_key)
    defaults = _defaults(compiled)
    text, order = finished(compiled)

    def argument(name: str) -> Argument:
        key, process = compiled.binds[name].key, compiled._bind_processors.get(name)
        if key in names:
            return Argument(key, process, is_row=True)
        if name in defaults:
            return Argument(name, process, written=defaults[name])
        return argument_of(compiled, name, numbers)

    arguments, literals = Arguments(order, argument), literals_of(compiled, numbers)
    return CompiledWrite(text, cast("sa.Table", statement.table), compiled.reads, arguments, literals)


def _defaults(compiled: Any) -> dict[str, Callable[[], Any]]:
    """What makes the values of columns that have a default, by the name of their parameter."""
    made = [(column, column.default) for column in compiled.insert_prefetch]
    made += [(column, column.onupdate) for column in compiled.update_prefetch]
    return {column.key: _made_by(default) for column, default in made}


def _made_by(default: Any) -> Callable[[], Any]:
    # SQLAlchemy lets a function of a default take a context; there is none here.
    return (lambda: default.arg(None)) if default.is_callable else (lambda: default.arg)
