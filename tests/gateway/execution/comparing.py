"""Comparing: two answers to one query, byte for byte, and their errors where both must have them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError

Path = tuple[str | int, ...]


def assert_alike(compiled: ExecutionResult, stock: ExecutionResult) -> None:
    """Same data to the byte; same errors except below a place that is null already.

    There, which error comes first depends on the order of things: each side has at least one for the null.
    """
    assert orjson.dumps(compiled.data) == orjson.dumps(stock.data)
    ours, theirs = _sorted(compiled), _sorted(stock)
    assert ours[0] == theirs[0]
    assert ours[1].keys() == theirs[1].keys()


def _sorted(result: ExecutionResult) -> tuple[Counter[Any], dict[Path, int]]:
    """The errors that stand at their own null, and how many there are below each other null."""
    own: Counter[Any] = Counter()
    below: Counter[Path] = Counter()
    for error in result.errors or ():
        path = tuple(error.path or ())
        null = null_place(result.data, path)
        if null == path:
            own[_shown(error)] += 1
        else:
            below[null] += 1
    return own, below


def null_place(data: Any, path: Path) -> Path:
    """How far a path leads before it meets a null."""
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path


def _shown(error: GraphQLError) -> tuple[Any, ...]:
    places: Sequence[Any] = [(place.line, place.column) for place in error.locations or ()]
    return (tuple(error.path or ()), error.message, tuple(places), repr(error.extensions))
