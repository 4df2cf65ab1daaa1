"""Comparing: two answers to one query, byte for byte, and their errors where both must have them."""

import asyncio
import gc
import os
import warnings
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from graphql import ExecutionResult, GraphQLError

from tabard.testing import Answer

Path = tuple[str | int, ...]
Answered = TypeVar("Answered", ExecutionResult, Answer)

# `TABARD_QUERIES=20000` is the nightly number; of ten queries one is for the real schema, which needs a
# database, and one is told of several events at once.
QUERIES = int(os.environ.get("TABARD_QUERIES", "2000"))
HOSTILE, REAL, BATCHES = QUERIES * 8 // 10, QUERIES // 10, QUERIES // 10


async def strictly(answer: Awaitable[Answered]) -> Answered:
    """What the engine answers: without a warning, and without a task that it leaves behind."""
    with _swept() as warned:
        others = asyncio.all_tasks()
        answered = _bare(await answer)
        assert asyncio.all_tasks() <= others
        await asyncio.sleep(0)
    assert [str(warning.message) for warning in warned] == []
    return answered


async def leniently(answer: Awaitable[Answered]) -> Answered:
    """What graphql-core answers: what it started and then dropped for an error it may leave unawaited."""
    with _swept():
        others = asyncio.all_tasks()
        answered = _bare(await answer)
        while left := asyncio.all_tasks() - others:
            await asyncio.wait(left)
        await asyncio.sleep(0)
    return answered


@contextmanager
def _swept() -> Iterator[list[warnings.WarningMessage]]:
    """The warnings of what is done inside, those of its garbage included; nothing of it is garbage later.

    The loop has to have turned once at the end: it holds what it has still to call back.
    """
    is_automatic = gc.isenabled()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        # What is new stays young, so that only the young have to be looked at.
        gc.disable()
        try:
            yield warned
            gc.collect(0)
        finally:
            if is_automatic:
                gc.enable()


def _bare(answered: Answered) -> Answered:
    """The answer with errors that hold nothing of the execution that they come from."""
    if answered.errors:
        answered.errors[:] = [
            GraphQLError(
                error.message,
                error.nodes,
                error.source,
                error.positions,
                error.path,
                extensions=error.extensions,
            )
            for error in answered.errors
        ]
    return answered


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
