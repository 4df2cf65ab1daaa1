"""P7: every payload as every text of every query and mutation; and our own patterns at ten times the size."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from tests.promises.support.injecting import PAYLOADS, tried_all, walk_of
from tests.promises.support.patterns import PIECES, readers, seconds
from tests.soak.frame import Round, Rounds, Soak
from tests.soak.places import POSTGRESQL, SQLITE, marked_world

# More in one request could take a function of a plugin longer than it has.
AT_ONCE: Final = 10
PATTERNS: Final = "patterns"
SIZE: Final = 6_000
# What takes less is lost in the noise; ten times the text may take ten times as long, and the machine be busy.
NOISE: Final = 0.01
GROWTH: Final = 30


async def play_all(rounds: Rounds) -> None:
    """Each round tries all payloads everywhere, on what the last one left."""
    async with marked_world(rounds.target) as world:
        walk = walk_of(world, share=len(PAYLOADS))
        for turn in rounds:
            with turn:
                ours, theirs = await world.checksum(world.ours), await world.checksum(world.theirs)
                turn.count(
                    "in queries", await tried_all(world, walk.documents(walk.every_attempt(), AT_ONCE))
                )
                assert await world.checksum(world.ours) == ours
                changes = walk.documents(walk.attempts("Mutation"), AT_ONCE)
                turn.count("in mutations", await tried_all(world, changes))
                assert await world.checksum(world.theirs) == theirs


def measure(turn: Round) -> None:
    """Each of our patterns on each piece, at one size and at ten times that."""
    slow = []
    for name, read in readers():
        turn.count("patterns")
        for piece in PIECES:
            short, long = (seconds(name, read, piece, size) for size in (SIZE, 10 * SIZE))
            turn.measure(f"{10 * SIZE} characters", long)
            if long > NOISE and long > GROWTH * short:
                slow.append(f"{name} on {piece!r}: {short * 1000:.2f} ms, then {long * 1000:.2f} ms")
    assert not slow, "; ".join(slow)


def play(rounds: Rounds) -> None:
    """The rounds on one kind of database, or those of the patterns."""
    if rounds.target != PATTERNS:
        asyncio.run(play_all(rounds))
        return
    for turn in rounds:
        with turn:
            measure(turn)


if __name__ == "__main__":
    sys.exit(Soak("injection", __doc__, {PATTERNS: 1, SQLITE: 1, POSTGRESQL: 1}).run(play))
