"""P12: what is not yours looks like what is not there, byte by byte, however a row is named."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from tests.promises.support.absence import absences, naming, renamed, shown, walk_of
from tests.promises.support.walk import Attempt, Walk
from tests.promises.support.worlds import SECURED, World

pytestmark = pytest.mark.promise("P12")

PERSONAS = ("super-admin", "csm", None)
QUERIES, MUTATIONS = 30, 100


@pytest.mark.parametrize("mode", ["sqlite", SECURED])
async def test_a_row_of_theirs_is_answered_like_a_row_that_was_never_made(world: World) -> None:
    walk, absent = walk_of(world), absences(world)
    tried = 0
    for persona in PERSONAS:
        tried += await compared(world, walk, naming(walk.every_attempt(), absent), absent, persona)
    sys.stdout.write(f"P12: {tried} ways to name a row in a query\n")
    assert tried >= QUERIES


@pytest.mark.parametrize("mode", ["sqlite", SECURED])
async def test_a_change_of_theirs_is_refused_like_a_change_of_nothing(world: World) -> None:
    walk, absent = walk_of(world), absences(world)
    before = await world.checksum(world.theirs)
    tried = 0
    for persona in ("super-admin", None):
        tried += await compared(world, walk, naming(walk.attempts("Mutation"), absent), absent, persona, 1)
    sys.stdout.write(f"P12: {tried} ways to name a row in a mutation\n")
    assert tried >= MUTATIONS
    assert await world.checksum(world.theirs) == before


async def compared(
    world: World,
    walk: Walk,
    attempts: Iterable[Attempt],
    absent: Mapping[str, str],
    persona: str | None,
    size: int = 50,
) -> int:
    """How many attempts were made twice, with an id of theirs and with one of nobody's, alike."""
    count = 0
    for document in walk.documents(attempts, size):
        other = replace(document, variables=renamed(document.variables, absent))
        theirs = await shown(world, document, persona)
        nobodys = await shown(world, other, persona)
        assert theirs == nobodys, f"{persona}: {document.attempts[0].position} {document.variables}"
        count += len(document.attempts)
    return count
