"""Rows: from objects to columns and from columns to dicts, by expressions written for the selection's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Build = Callable[[Sequence[Sequence[Any]], int], list[dict[str, Any]]]
Read = Callable[[Sequence[Any]], list[list[Any] | None]]


@lru_cache(maxsize=1_000)
def row_builder(names: tuple[str, ...]) -> Build:
    """Makes dicts with these keys; a dict display is twice as fast as `dict(zip(names, row))`.

    Response names are GraphQL names, so that their `repr` is all it takes to write them as Python. A column that
    is too short must not cost rows: it is an error.
    """
    if not names:
        return lambda columns, size: [{} for _ in range(size)]
    cells = ", ".join(f"{name!r}: v{number}" for number, name in enumerate(names))
    values = "".join(f"v{number}, " for number in range(len(names)))
    source = f"lambda columns, size: [{{{cells}}} for {values} in zip(*columns, strict=True)]"
    build: Build = eval(source, {})  # noqa: S307 - see the docstring
    return build


@lru_cache(maxsize=1_000)
def attribute_reader(names: tuple[str | None, ...]) -> Read:
    """Gives the column of each attribute; one that is written out is read twice as fast as one by name.

    The names are attributes that a class declares: identifiers. For None there is no column.
    """
    columns = ", ".join(f"[each.{name} for each in objects]" if name else "None" for name in names)
    read: Read = eval(f"lambda objects: [{columns}]", {})  # noqa: S307 - see the docstring
    return read
