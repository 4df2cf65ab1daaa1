"""P7: no text is ever taken for a part of a statement, a pattern or a path."""

import sys

import pytest

from tests.promises.support.injecting import PAYLOADS, tried_all, walk_of
from tests.promises.support.worlds import SECURED, World

pytestmark = pytest.mark.promise("P7")


@pytest.mark.parametrize("mode", ["sqlite", SECURED])
async def test_texts_are_only_texts_to_every_query_and_every_mutation(world: World) -> None:
    walk = walk_of(world)
    ours, theirs = await world.checksum(world.ours), await world.checksum(world.theirs)
    tried = await tried_all(world, walk.documents(walk.every_attempt()))
    assert await world.checksum(world.ours) == ours
    tried += await tried_all(world, walk.documents(walk.attempts("Mutation"), 10))
    assert await world.checksum(world.theirs) == theirs
    sys.stdout.write(f"P7: {tried} attempts with {len(PAYLOADS)} payloads\n")
    assert tried >= 1_000
