"""Absence: every way to name a row of theirs, and the same with a row that nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tabard.storage.ids import decode_global_id, encode_global_id
from tests.promises.support.attack import values_of
from tests.promises.support.values import Values
from tests.promises.support.walk import Attempt, Document, Walk
from tests.promises.support.worlds import World, as_text, schema

# What two runs of one change may differ in: ids that were made, the time, and versions.
MADE: Final = re.compile(r"\b[a-z_]+_[0-9a-z]{13}\b|\d{4}-\d\d-\d\dT[\d:.+]+Z?|(?<=ersion\": )\d+")


class Theirs(Values):
    """Values whose ids are theirs, wherever an id is taken; an id in a text names nothing."""

    def _scalars(self, type_: str, name: str, position: str) -> Iterator[Any]:
        if type_ == "ID":
            yield from (ids[0] for ids in self.theirs.values() if ids)


def walk_of(world: World) -> Walk:
    """The walk that names rows of theirs in every way there is."""
    values = values_of(world, world.ours)
    return Walk(schema().graphql_schema, Theirs(values.ours, values.theirs))


def absences(world: World) -> dict[str, str]:
    """For the id of each row of theirs, one of the same form that no row has, and that no other one gets."""
    taken = set(world.their_ids) | {id for ids in world.ids[world.ours].values() for id in ids}
    found = {}
    for noun in world.ids[world.theirs]:
        for given in world.global_ids(world.theirs, noun):
            decoded = decode_global_id(given)
            assert decoded is not None
            free = next(id for id in range(decoded[1] + 1, decoded[1] + len(taken) + 2) if id not in taken)
            taken.add(free)
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


async def shown(world: World, document: Document, persona: str | None) -> str:
    """The answer, without the ids that were sent or made."""
    answer = await world.ask(document.text, document.variables, persona)
    return MADE.sub("…", as_text(answer))
