"""P6: ids and cursors cannot be bent: what is changed finds nothing of others, and is refused by a code."""

import random
import sys

import pytest

from gateway.codes import Code
from tests.promises.support.attack import armed, attacked, values_of, walk_of
from tests.promises.support.bending import bent_cursors, bent_ids
from tests.promises.support.walk import Attempt
from tests.promises.support.worlds import World

pytestmark = [pytest.mark.promise("P6"), pytest.mark.parametrize("mode", ["sqlite"])]

COUNT = 600


async def test_bent_ids_find_nothing_of_others(world: World, caplog: pytest.LogCaptureFixture) -> None:
    walk = walk_of(values_of(world, world.ours))
    documents = walk.documents(bent_ids(world, random.Random(6), COUNT))
    outcome = await attacked(world, documents, "super-admin", caplog)
    sys.stdout.write(f"P6: {outcome.attempts} bent ids, {len(outcome.leaks)} leaks\n")
    assert outcome.leaks == []
    assert outcome.codes == set()
    assert outcome.attempts == COUNT


async def test_bent_cursors_and_those_of_other_lists_are_refused(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    values = await armed(world)
    cursors = {
        place: [*found, *values.their_cursors.get(place, ())] for place, found in values.our_cursors.items()
    }
    walk = walk_of(values)
    attempts = list(bent_cursors(walk, cursors, random.Random(6), COUNT))
    refused = 0
    for document in walk.documents(attempts):
        answer = await world.ask(document.text, document.variables)
        assert set(answer.codes) <= {Code.INVALID_CURSOR}
        refused += len(answer.errors)
    sys.stdout.write(f"P6: {len(attempts)} bent cursors, {refused} refusals\n")
    assert refused >= COUNT / 2


async def test_a_cursor_of_their_list_is_none_of_ours(world: World) -> None:
    values = await armed(world)
    walk = walk_of(values)
    for position, found in sorted(values.their_cursors.items()):
        type_, _, name = position.partition(".")
        required = walk.required(walk.fields(type_)[name])
        attempts = [Attempt(type_, name, required | {"first": 1, "after": cursor}) for cursor in found[:2]]
        document = walk.document(type_, attempts)
        answer = await world.ask(document.text, document.variables)
        assert set(answer.codes) <= {Code.INVALID_CURSOR}, position
