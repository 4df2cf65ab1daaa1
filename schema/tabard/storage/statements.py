"""Statements: reads that are compiled once for all who run them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
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


def parameter(name: str, type_: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """A value of a prepared read, given by name when it runs; `keys(column, parameter("ids"))` takes a list."""
    return sa.bindparam(name, type_=type_, required=True)


class Statements:
    """The reads that one engine has compiled; those run longest ago are forgotten first."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._prepared: WeakKeyDictionary[Prepared, CompiledRead] = WeakKeyDictionary()
        self._known: LRUCache[Any, CompiledRead] = LRUCache(KEPT)

    def find(self, statement: Statement | Prepared, given: Mapping[str, Any]) -> tuple[CompiledRead, Any]:
        """The compiled read, and the values to give it."""
        if isinstance(statement, Prepared):
            return self._find_prepared(statement), given
        key = statement._generate_cache_key()
        if key is None:
            raise sa.exc.ArgumentError("the statement has a part that SQLAlchemy cannot cache")
        named = {**(key.params or {}), **given}
        values = [_value(parameter, named) for parameter in key.bindparams]
        compiled = self._known.get(key.key)
        if compiled is None or any(values[number] != literal for number, literal in compiled.literals):
            compiled = self._known[key.key] = compile_read(statement, self._dialect, key)
        return compiled, values

    def _find_prepared(self, prepared: Prepared) -> CompiledRead:
        compiled = self._prepared.get(prepared)
        if compiled is None:
            compiled = self._prepared[prepared] = compile_read(prepared.statement, self._dialect, None)
        return compiled


def _value(parameter: sa.BindParameter[Any], named: Mapping[str, Any]) -> Any:
    if parameter.key in named:
        return named[parameter.key]
    if parameter.required:
        raise sa.exc.InvalidRequestError(f"the statement's parameter '{parameter.key}' has no value")
    return parameter.effective_value
