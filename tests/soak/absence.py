"""P12: two thousand pairs of a row of theirs and a row of nobody's take the same time, within five per cent."""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
from dataclasses import replace
from time import perf_counter
from typing import Final

from tests.promises.support.absence import absences, naming, renamed, walk_of
from tests.promises.support.walk import Document
from tests.promises.support.worlds import World
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, marked_world

PAIRS: Final = 2_000
WARM: Final = 50
TOLERANCE: Final = 0.05


async def duration(world: World, document: Document) -> float:
    """How long an answer takes."""
    started = perf_counter()
    await world.ask(document.text, document.variables)
    return perf_counter() - started


async def play_one(world: World, theirs: Document, nobodys: Document, turn: Round) -> None:
    """One way to name a row, asked in turns, whose order is by chance."""
    taken: dict[str, list[float]] = {"theirs": [], "nobody's": []}
    pair = [("theirs", theirs), ("nobody's", nobodys)]
    gc.collect()
    for number in range(WARM + PAIRS):
        for name, document in turn.random.sample(pair, 2):
            seconds = await duration(world, document)
            if number >= WARM:
                taken[name].append(seconds)
    for name, found in taken.items():
        turn.measure(name, statistics.median(found))
    one, other = map(statistics.median, taken.values())
    turn.measure("apart", abs(one - other))
    assert abs(one - other) <= TOLERANCE * other, f"medians {one * 1000:.3f} and {other * 1000:.3f} ms"


async def play_all(rounds: Rounds) -> None:
    """Each round asks for a row in another way, in queries and mutations in turn."""
    async with marked_world(rounds.target) as world:
        walk, absent = walk_of(world), absences(world)
        ways = [naming(walk.every_attempt(), absent), naming(walk.attempts("Mutation"), absent)]
        for turn in rounds:
            with turn:
                attempt = turn.random.choice(ways[turn.number % len(ways)])
                print(f"{attempt.position} {attempt.args}", flush=True)
                theirs = walk.document(attempt.type, [attempt])
                nobodys = replace(theirs, variables=renamed(theirs.variables, absent))
                await play_one(world, theirs, nobodys, turn)


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database."""
    asyncio.run(play_all(rounds))


if __name__ == "__main__":
    sys.exit(Soak("absence", __doc__, {SQLITE: 4, POSTGRESQL: 4}).run(play))
