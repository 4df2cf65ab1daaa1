"""Statements: reads that are compiled once for all who run them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.util import LRUCache

from tabard.storage.compiled import CompiledRead, Statement, compile_read

KEPT: Final = 1_000


class Prepared:
    """A read that is written once and run with other values each time.

    Its values are `parameter(name)`s. It costs nothing to run but the database's own work, where a
    statement that is built for each run has to be built and recognised first.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.key = key_of(statement)


def key_of(statement: Statement) -> CacheKey:
    """What tells statements apart whatever values they have, and those values."""
    key = statement._generate_cache_key()
    if key is None:
        raise sa.exc.ArgumentError("the statement has a part that SQLAlchemy cannot cache")
    return key


def parameter(name: str, type_: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """A value of a prepared read, given by name when it runs; `keys(column, parameter("ids"))` takes a list."""
    return sa.bindparam(name, type_=type_, required=True)


class Statements:
    """The reads that one engine has compiled; those run longest ago are forgotten first."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._prepared: WeakKeyDictionary[Prepared, CompiledRead] = WeakKeyDictionary()
        self._known: LRUCache[Any, CompiledRead] = LRUCache(KEPT)

    def find(
        self, statement: Statement | Prepared, given: Mapping[str, Any]
    ) -> tuple[CompiledRead, list[Any]]:
        """The compiled read, and its values by number."""
        if isinstance(statement, Prepared):
            values = [_value(parameter, given) for parameter in statement.key.bindparams]
            compiled = self._prepared.get(statement)
            if compiled is None:
                compiled = self._compiled(statement.statement, statement.key, values)
                self._prepared[statement] = compiled
            return compiled, values
        key = key_of(statement)
        named = {**(key.params or {}), **given}
        values = [_value(parameter, named) for parameter in key.bindparams]
        return self._compiled(statement, key, values), values

    def _compiled(self, statement: Statement, key: CacheKey, values: list[Any]) -> CompiledRead:
        compiled = self._known.get(key.key)
        if compiled is None or any(values[number] != literal for number, literal in compiled.literals):
            compiled = self._known[key.key] = compile_read(statement, self._dialect, key)
        return compiled


def _value(parameter: sa.BindParameter[Any], named: Mapping[str, Any]) -> Any:
    if parameter.key in named:
        return named[parameter.key]
    if parameter.required:
        raise sa.exc.InvalidRequestError(f"the statement's parameter '{parameter.key}' has no value")
    return parameter.effective_value
