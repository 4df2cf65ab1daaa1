"""P6: ids and cursors that were bent, ten thousand on each kind of database, find nothing of others."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.codes import Code
from gateway.problem import from_execution
from tests.promises.support.attack import armed, values_of, walk_of
from tests.promises.support.bending import bent_cursors, bent_ids
from tests.promises.support.values import Values
from tests.promises.support.walk import Document
from tests.promises.support.worlds import World, as_text
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, marked_world

BENT: Final = 250


def all_cursors(values: Values) -> Mapping[str, Sequence[str]]:
    """The cursors of both portals, by list."""
    return {
        place: [*found, *values.their_cursors.get(place, ())] for place, found in values.our_cursors.items()
    }


async def asked(world: World, documents: Iterable[Document], allowed: set[Code]) -> tuple[int, int]:
    """How many attempts and refusals there were; none shows a row of theirs, each refusal has such a code."""
    attempts = refusals = 0
    for document in documents:
        answer = await world.ask(document.text, document.variables)
        assert world.leaks(as_text(answer)) == [], document.variables
        codes = {from_execution(error, is_development=False).code for error in answer.errors}
        assert codes <= allowed, (codes, document.variables)
        attempts += len(document.attempts)
        refusals += len(answer.errors)
    return attempts, refusals


async def play_one(world: World, values: Values, turn: Round) -> None:
    """Some ids and some cursors, bent by the round's chance."""
    ids = walk_of(values_of(world, world.ours)).documents(bent_ids(world, turn.random, BENT))
    attempts, _ = await asked(world, ids, set())
    turn.count("bent ids", attempts)
    walk = walk_of(values)
    endless = itertools.chain.from_iterable(
        bent_cursors(walk, all_cursors(values), turn.random, BENT) for _ in itertools.count()
    )
    attempts, refusals = await asked(
        world, walk.documents(itertools.islice(endless, BENT)), {Code.INVALID_CURSOR}
    )
    turn.count("bent cursors", attempts)
    turn.count("refusals", refusals)
    assert refusals >= attempts / 2, "cursors that were bent are taken"


async def play_all(rounds: Rounds) -> None:
    """All rounds on one kind of database."""
    async with marked_world(rounds.target) as world:
        values = await armed(world)
        for turn in rounds:
            with turn:
                await play_one(world, values, turn)


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database."""
    asyncio.run(play_all(rounds))


if __name__ == "__main__":
    sys.exit(Soak("ids", __doc__, {SQLITE: 20, POSTGRESQL: 20}).run(play))
