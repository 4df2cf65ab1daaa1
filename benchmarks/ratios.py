"""Ratios: the engine against stock Strawberry on one schema, in one process, interleaved; medians of pairs.

`python3 dev.py bench ratios --json` also measures how the gateway compares with the floor, and prints all of it
as one JSON object in the last line.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from graphql import OperationDefinitionNode, parse
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks import floor
from benchmarks.floor import echo
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
# The gateway has no field that is read by user-written resolvers, so that one has no floor.
FLOORS = {"rows_1000x10": "rows", "nested_50_declared": "nested", "rows_20x10": "few", "tiny": "tiny"}
Answer = Callable[[], Awaitable[Any]]


class Contest:
    """One query, answered by both."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._stock = SampleSchema(Root, extensions=[ParserCache, ValidationCache])
        self._schema = SampleSchema(Root)._schema
        document = parse(query)
        (node,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
        self._documents = {query: prepared(self._schema, document, node)}
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


def joined(
    ratios: dict[str, float], floors: dict[str, dict[str, float]]
) -> dict[str, dict[str, float | None]]:
    """What is printed as JSON: for each query the ratios against stock and against each floor."""
    return {
        name: {
            "vs_stock": value,
            "vs_floor_sqlite": floors.get(FLOORS.get(name, ""), {}).get("sqlite"),
            "vs_floor_postgres": floors.get(FLOORS.get(name, ""), {}).get("postgresql"),
        }
        for name, value in ratios.items()
    }


def against_stock(seconds: float) -> dict[str, float]:
    """The ratio of each query, told as well."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ratios = runner.run(measured(seconds))
    for name, value in ratios.items():
        goal, gate = GOALS[name]
        echo(f"{name:20} {value:6.1f}x stock   goal {goal}x, gate {gate}x")
    return ratios


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description="The engine against stock Strawberry.")
    options.add_argument("--json", action="store_true", help="print one JSON object in the last line")
    options.add_argument("--seconds", type=float, default=4.0, help="how long each query is measured")
    options.add_argument("--rounds", type=int, default=5, help="how often each floor is measured")
    given = options.parse_args()
    ratios = against_stock(given.seconds)
    if given.json:
        echo(floor.HEAD)
        floors = floor.measured(list(FLOORS.values()), given.rounds, list(floor.DATABASES), echo)
        echo(json.dumps(joined(ratios, floors)))


if __name__ == "__main__":
    main()
