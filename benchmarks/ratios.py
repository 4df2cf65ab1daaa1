"""Ratios: the engine against stock Strawberry on one schema, in one process, interleaved; medians of pairs.

`python3 dev.py bench ratios --json` prints them as one JSON object in the last line.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from graphql import OperationDefinitionNode, parse
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.sample import QUERIES, SampleContext, SampleSchema
from benchmarks.sample import Query as Root
from gateway.execution.lane import prepared, run
from gateway.execution.plans import Plans

GOALS = {
    "rows_1000x10": (30, 20),
    "nested_50_declared": (25, 15),
    "nested_50_async": (6, 5),
    "rows_20x10": (15, 10),
    "tiny": (10, 6),
}
Answer = Callable[[], Awaitable[Any]]


class Contest:
    """One query, answered by both."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._stock = SampleSchema(Root, extensions=[ParserCache, ValidationCache])
        self._schema = SampleSchema(Root)._schema
        document = parse(query)
        (node,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
        self._documents = {query: prepared(document, node)}
        Plans.of(self._schema).sightings = 1

    async def stock(self) -> Any:
        """Stock Strawberry with both document caches and aiodataloader."""
        return (await self._stock.execute(self._query, context_value=SampleContext())).data

    async def compiled(self) -> Any:
        """A cached document and its cached plan."""
        operation = self._documents[self._query]
        return (await run(self._schema, operation, SampleContext(), None)).data


async def timed(answer: Answer, rounds: int) -> float:
    """Seconds for one answer, of so many in a row."""
    started = time.perf_counter()
    for _ in range(rounds):
        await answer()
    return (time.perf_counter() - started) / rounds


async def ratio(query: str, seconds: float) -> float:
    """How many times longer stock takes: the median of pairs measured one after the other."""
    contest = Contest(query)
    if await contest.stock() != await contest.compiled():
        raise AssertionError("the two answers differ")
    each = await timed(contest.stock, 2), await timed(contest.compiled, 5)
    stock_rounds = max(1, round(0.05 / each[0]))
    compiled_rounds = max(1, round(0.02 / each[1]))
    pairs: list[float] = []
    ends = time.perf_counter() + seconds
    while len(pairs) < 7 or time.perf_counter() < ends:
        gc.collect()
        slow = await timed(contest.stock, stock_rounds)
        fast = await timed(contest.compiled, compiled_rounds)
        pairs.append(slow / fast)
    return statistics.median(pairs)


async def measured(seconds: float) -> dict[str, float]:
    """The ratio of each query."""
    return {name: round(await ratio(query, seconds), 1) for name, query in QUERIES.items()}


def echo(line: str) -> None:
    """A line for whoever started the benchmark."""
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description="The engine against stock Strawberry.")
    options.add_argument("--json", action="store_true", help="print one JSON object in the last line")
    options.add_argument("--seconds", type=float, default=4.0, help="how long each query is measured")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ratios = runner.run(measured(given.seconds))
    for name, value in ratios.items():
        goal, gate = GOALS[name]
        echo(f"{name:20} {value:6.1f}x stock   goal {goal}x, gate {gate}x")
    if given.json:
        floors = {"vs_floor_sqlite": None, "vs_floor_postgres": None}
        echo(json.dumps({name: {"vs_stock": value, **floors} for name, value in ratios.items()}))


if __name__ == "__main__":
    main()
