"""Bending: ids and cursors that somebody has changed, or uses where they do not belong."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from tests.promises.support.attack import values_of
from tests.promises.support.walk import Attempt, Walk
from tests.promises.support.worlds import World

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_= /+.%\0é"


def bent(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text with one thing changed that a thief or a bug would change."""
    place = chance.randrange(len(text))
    match chance.randrange(7):
        case 0:
            return text[:place] + chr(ord(text[place]) ^ 1 << chance.randrange(7)) + text[place + 1 :]
        case 1:
            return text[:place] + chance.choice(ALPHABET) + text[place + 1 :]
        case 2:
            return text[:place] + text[place + 1 :]
        case 3:
            return text[:place] + chance.choice(ALPHABET) + text[place:]
        case 4:
            other = chance.choice(others)
            return text[:place] + other[place:]
        case 5:
            return chance.choice([text * 2, text[::-1], text.upper(), text + " ", f" {text}", text[:place]])
        case _:
            return text.partition("_")[0] + "_" + chance.choice(others).rpartition("_")[2]


def bent_ids(world: World, chance: random.Random, count: int) -> Iterator[Attempt]:
    """Attempts at `node` with ids of both portals, bent."""
    values = values_of(world, world.ours)
    every = [id for owner in (values.ours, values.theirs) for ids in owner.values() for id in ids]
    for _ in range(count):
        yield Attempt("Query", "node", {"id": bent(chance.choice(every), every, chance)})


def bent_cursors(
    walk: Walk, cursors: Mapping[str, Sequence[str]], chance: random.Random, count: int
) -> Iterator[Attempt]:
    """Attempts at every list with a cursor that is bent, or that of another list."""
    every = [cursor for found in cursors.values() for cursor in found]
    positions = sorted(cursors)
    for _ in range(count):
        position = chance.choice(positions)
        own = set(cursors[position])
        foreign = [cursor for cursor in every if cursor not in own]
        swapped = foreign and not chance.randrange(4)
        cursor = chance.choice(foreign) if swapped else bent(chance.choice(every), every, chance)
        if cursor in own:
            continue
        type_, _, name = position.partition(".")
        page = chance.choice([{"first": 1, "after": cursor}, {"last": 1, "before": cursor}])
        yield Attempt(type_, name, walk.required(walk.fields(type_)[name]) | page)
