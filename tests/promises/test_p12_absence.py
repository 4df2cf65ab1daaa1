"""P12: what is not yours looks like what is not there, byte by byte, however a row is named."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tabard.storage.ids import decode_global_id, encode_global_id
from tests.promises.support.attack import values_of
from tests.promises.support.values import Values
from tests.promises.support.walk import Attempt, Document, Walk
from tests.promises.support.worlds import SECURED, World, as_text, schema

pytestmark = pytest.mark.promise("P12")

PERSONAS = ("super-admin", "csm", None)
# What two runs of one change may differ in: ids that were made, the time, and versions.
MADE = re.compile(r"\b[a-z_]+_[0-9a-z]{13}\b|\d{4}-\d\d-\d\dT[\d:.+]+Z?|(?<=ersion\": )\d+")
QUERIES, MUTATIONS = 30, 100


class Theirs(Values):
    """Values whose ids are theirs, wherever an id is taken; an id in a text names nothing."""

    def _scalars(self, type_: str, name: str, position: str) -> Iterator[Any]:
        if type_ == "ID":
            yield from (ids[0] for ids in self.theirs.values() if ids)


def walk_of(world: World) -> Walk:
    """The walk that names rows of theirs in every way there is."""
    values = values_of(world, world.ours)
    return Walk(schema().graphql_schema, Theirs(values.ours, values.theirs))


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


def absences(world: World) -> dict[str, str]:
    """For the id of each row of theirs, one of the same form that no row has."""
    taken = world.their_ids | {id for ids in world.ids[world.ours].values() for id in ids}
    found = {}
    for noun in world.ids[world.theirs]:
        for given in world.global_ids(world.theirs, noun):
            decoded = decode_global_id(given)
            assert decoded is not None
            free = next(id for id in range(decoded[1] + 1, decoded[1] + len(taken) + 2) if id not in taken)
            found[given] = encode_global_id(noun, free)
    return found


def naming(attempts: Iterable[Attempt], absent: Mapping[str, str]) -> list[Attempt]:
    """The attempts that name a row of theirs."""
    return [attempt for attempt in attempts if renamed(attempt.args, absent) != attempt.args]


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The value with other ids in it."""
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


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


async def shown(world: World, document: Document, persona: str | None) -> str:
    """The answer, without the ids that were sent or made."""
    answer = await world.ask(document.text, document.variables, persona)
    return MADE.sub("…", as_text(answer))
