"""Columnwise: a resolver method that also says how it computes a whole column, without any object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])
_MARK = "__tabard_columnwise__"


@dataclass(frozen=True)
class Columnwise:
    """Which attributes the method reads, and `function(type, *columns) -> column` that does the same."""

    needs: tuple[str, ...]
    function: Callable[..., Sequence[Any]]


def columnwise(*needs: str, by: Callable[..., Sequence[Any]]) -> Callable[[Method], Method]:
    """Marks a resolver method: it reads only these attributes, and `by` computes it for a column of rows."""

    def mark(method: Method) -> Method:
        setattr(method, _MARK, Columnwise(needs, by))
        return method

    return mark


def columnwise_of(method: object) -> Columnwise | None:
    """How the method computes a column; None for one that does not say."""
    found: Columnwise | None = getattr(method, _MARK, None)
    return found
