"""Attack: everything that users of one portal can ask for, aimed at another portal's rows."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tabard.personas import DEMO_PORTAL, OTHER_PORTAL
from tests.promises.support.canaries import THEIRS, numbered
from tests.promises.support.values import Values
from tests.promises.support.walk import Attempt, Document, Walk
from tests.promises.support.worlds import World, as_text, nouns, schema, tenant_tables

OUR_ADMIN, THEIR_ADMIN = "super-admin", "other-portal-admin"


def values_of(world: World, portal_id: int) -> Values:
    """Values whose own ids are the portal's, and whose foreign ones are the other's."""
    other = world.theirs if portal_id == world.ours else world.ours
    own = {noun: ids for noun in nouns() if (ids := world.global_ids(portal_id, noun))}
    return Values(own, {noun: world.global_ids(other, noun) for noun in nouns()})


def walk_of(values: Values) -> Walk:
    """The walk with these values."""
    return Walk(schema().graphql_schema, values)


async def armed(world: World) -> Values:
    """Our values, with what an attacker may have got hold of: ids, words and cursors of the other portal."""
    ours, theirs = values_of(world, world.ours), values_of(world, world.theirs)
    ours.our_cursors = await _cursors(world, walk_of(ours), OUR_ADMIN, DEMO_PORTAL)
    ours.their_cursors = await _cursors(world, walk_of(theirs), THEIR_ADMIN, OTHER_PORTAL)
    ours.their_words = await _words(world)
    return ours


async def _cursors(world: World, walk: Walk, persona: str, portal: str) -> dict[str, list[str]]:
    """Real cursors of every list, as a persona of the portal gets them."""
    found: dict[str, list[str]] = {}
    lists = [
        Attempt(type_, name, walk.required(item) | {"first": 2})
        for type_ in walk.routes
        for name, item in walk.fields(type_).items()
        if "after" in item.args
    ]
    for document in walk.documents(lists):
        answer = await world.ask(document.text, document.variables, persona, portal)
        for alias, value in _aliased(answer.data):
            position = document.attempts[int(alias[1:])].position
            found[position] = [*found.get(position, []), *dict.fromkeys(_strings(value, "ursor"))]
    return found


async def _words(world: World) -> list[str]:
    """Words that name things of the other portal: keys, names and its own id."""
    table = schema().registry.tables.tables["property_definition"]
    rows = await world.rows(world.theirs, table)
    keys = [row[list(table.c.keys()).index("key")] for row in rows[table.name]]
    names = [number for column, number in numbered(tenant_tables()).items() if column.name in {"name", "key"}]
    return [*keys[:2], *(THEIRS.word(number) for number in names[:3]), str(world.theirs)]


def _aliased(data: Any) -> Iterator[tuple[str, Any]]:
    """What stands under the aliases of attempts, wherever the way to them ends."""
    if isinstance(data, list):
        for item in data:
            yield from _aliased(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key[0] == "a" and key[1:].isdigit():
                yield key, value
            else:
                yield from _aliased(value)


def _strings(data: Any, ending: str) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from _strings(item, ending)
    elif isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, str) and key.endswith(ending):
                yield value
            yield from _strings(value, ending)


@dataclass
class Outcome:
    """What came of attempts: how many there were, and what of the other portal showed."""

    attempts: int = 0
    leaks: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)


async def attacked(
    world: World,
    documents: Iterable[Document],
    persona: str | None,
    log: pytest.LogCaptureFixture,
    supplied: set[str] | None = None,
) -> Outcome:
    """Runs the documents as a persona of ours and looks through every answer and log for the other portal.

    What we wrote into this or an earlier document may come back, and is no leak: `supplied` remembers it.
    """
    outcome, supplied = Outcome(), set() if supplied is None else supplied
    for document in documents:
        with recorded(log) as said:
            answer = await world.ask(document.text, document.variables, persona)
        supplied |= set(_leaves(document.variables))
        text = as_text(answer)
        shown = f"{text}\n{said()}"
        for word in sorted(supplied, key=len, reverse=True):
            shown = shown.replace(word, "")
        where = f"{persona}: {document.attempts[0].type}"
        outcome.leaks += [f"{where}: {leak}" for leak in world.leaks(shown)]
        outcome.attempts += len(document.attempts)
        outcome.codes |= set(answer.codes)
        outcome.texts.append(text)
    return outcome


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str) and len(value) > 3:
        yield value


@contextmanager
def recorded(log: pytest.LogCaptureFixture) -> Iterator[Any]:
    """Collects what is logged inside, tracebacks too; gives a function that tells it."""
    log.clear()
    with capture_logs() as entries:
        yield lambda: "\n".join([log.text, *map(_logged, entries)])


def _logged(entry: structlog.types.EventDict) -> str:
    error = entry.get("exc_info")
    trace = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
    return f"{dict(entry)!r}\n{trace}"
