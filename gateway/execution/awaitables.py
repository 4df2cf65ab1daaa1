"""Awaitables: which values of a column have to be waited for; asked of each class, not of each value."""

from __future__ import annotations

from collections.abc import Sequence
from types import CoroutineType, FunctionType, GeneratorType
from weakref import WeakKeyDictionary

from strawberry.execution import optimized_is_awaitable

from gateway.execution.columns import Values
from tabard.reads.batch import Grouped, Picked, RowBatch

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset})
BATCHES = frozenset({RowBatch, Picked, Grouped})
_may_be_awaited: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def awaitable_rows(raw: Values) -> Sequence[int]:
    """The rows whose value has to be waited for."""
    if type(raw) in BATCHES:
        return []
    types = set(map(type, raw))
    if types == {CoroutineType}:
        return range(len(raw))
    if types <= PLAIN or not any(map(may_be_awaited, types - PLAIN)):
        return []
    return [row for row, value in enumerate(raw) if optimized_is_awaitable(value)]


def may_be_awaited(type_: type) -> bool:
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
