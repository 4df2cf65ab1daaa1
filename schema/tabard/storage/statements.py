"""Statements: reads and changes that are compiled once for all who run them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.util import LRUCache

from tabard.storage.compiled import CompiledRead, Statement, compile_read
from tabard.storage.writes import CompiledWrite, compile_write

KEPT: Final = 1_000


class Prepared:
    """A read that is written once and run with other values each time.

    Its values are `parameter(name)`s. It costs nothing to run but the database's own work, where a
    statement that is built for each run has to be built and recognised first.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.key = key_of(statement)
        self.kept: tuple[object, CompiledRead] | None = None
        """What the engine of this mark has compiled it to."""
        self._written = [parameter.value for parameter in self.key.bindparams]
        self._called: list[tuple[int, Callable[[], Any]]] = []
        self._places: dict[str, list[int]] = {}
        for place, parameter in enumerate(self.key.bindparams):
            self._places.setdefault(parameter.key, []).append(place)
            if parameter.callable is not None:
                self._called.append((place, parameter.callable))
        self._required = {parameter.key for parameter in self.key.bindparams if parameter.required}

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Its values by number, some of them given by name."""
        if not self._required <= given.keys():
            missing = ", ".join(sorted(self._required - given.keys()))
            raise sa.exc.InvalidRequestError(f"the statement's parameter '{missing}' has no value")
        values = self._written.copy()
        for place, value_of in self._called:
            values[place] = value_of()
        for name, value in given.items():
            for place in self._places.get(name, ()):
                values[place] = value
        return values


class PreparedWrite:
    """A change that is written once and run for other rows each time.

    A row's names are the columns to insert or set, and the names of `parameter`s.
    """

    def __init__(self, statement: sa.UpdateBase) -> None:
        self.statement = statement
        self.key = key_of(statement)
        self.values = [parameter.effective_value for parameter in self.key.bindparams]


def key_of(statement: Statement | sa.UpdateBase) -> CacheKey:
    """What tells statements apart whatever values they have, and those values."""
    key = statement._generate_cache_key()
    if key is None:
        raise sa.exc.ArgumentError("the statement has a part that SQLAlchemy cannot cache")
    return key


def parameter(name: str, type_: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """A value of a prepared statement, given by name when it runs; `keys(column, parameter("ids"))` takes a list."""
    return sa.bindparam(name, type_=type_, required=True)


class Statements:
    """What one engine has compiled; statements run longest ago are forgotten first."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect
        self._mark = object()
        self._known: LRUCache[Any, CompiledRead] = LRUCache(KEPT)
        self._writes: LRUCache[Any, CompiledWrite] = LRUCache(KEPT)

    def find(
        self, statement: Statement | Prepared, given: Mapping[str, Any]
    ) -> tuple[CompiledRead, list[Any]]:
        """The compiled read, and its values by number."""
        if isinstance(statement, Prepared):
            values, kept = statement.values(given), statement.kept
            if kept is None or kept[0] is not self._mark:
                compiled = self._compiled(statement.statement, statement.key, values)
                kept = statement.kept = self._mark, compiled
            return kept[1], values
        key = key_of(statement)
        named = {**(key.params or {}), **given}
        values = [_value(parameter, named) for parameter in key.bindparams]
        return self._compiled(statement, key, values), values

    def write(
        self, statement: sa.UpdateBase | PreparedWrite, names: Iterable[str] = ()
    ) -> tuple[CompiledWrite, list[Any]]:
        """The compiled change for rows with these names, and its own values by number."""
        if isinstance(statement, PreparedWrite):
            known = statement, tuple(names)
            compiled = self._writes.get(known)
            if compiled is None:
                compiled = compile_write(statement.statement, self.dialect, statement.key, known[1])
                self._writes[known] = compiled
            return compiled, statement.values
        row, cache_key = frozenset(names), statement._generate_cache_key()
        if cache_key is None:
            return compile_write(statement, self.dialect, None, row), []
        key, values = (cache_key.key, row), [parameter.effective_value for parameter in cache_key.bindparams]
        compiled = self._writes.get(key)
        if compiled is None or _differs(compiled, values):
            compiled = self._writes[key] = compile_write(statement, self.dialect, cache_key, row)
        return compiled, values

    def _compiled(self, statement: Statement, key: CacheKey, values: list[Any]) -> CompiledRead:
        compiled = self._known.get(key.key)
        if compiled is None or _differs(compiled, values):
            compiled = self._known[key.key] = compile_read(statement, self.dialect, key)
        return compiled


def _differs(compiled: CompiledRead | CompiledWrite, values: list[Any]) -> bool:
    """Whether the text holds other values than these."""
    return any(values[number] != literal for number, literal in compiled.literals)


def _value(parameter: sa.BindParameter[Any], named: Mapping[str, Any]) -> Any:
    if parameter.key in named:
        return named[parameter.key]
    if parameter.required:
        raise sa.exc.InvalidRequestError(f"the statement's parameter '{parameter.key}' has no value")
    return parameter.effective_value
