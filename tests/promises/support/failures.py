"""Failures: an exception of every kind, and a plugin that raises it wherever an author's code runs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
import strawberry
from graphql import GraphQLError

import tabard.errors
from tabard import RECORD_CHANGED, Company, Event, Plugin, Public, Reader, Work
from tabard.errors import (
    AssemblyRefused,
    Fault,
    Forbidden,
    GraphError,
    InvalidSetting,
    MappingRefused,
    PluginFailure,
    RowsRefused,
    TabardError,
)

TEXT: Final = "SELECT password FROM secrets -- /srv/inside/vault.py, line 7, in unlock"
SAID: Final = "Said on purpose."


class Odd(BaseException):
    """An exception that is no Exception."""


# How to make those that take more than a text.
SPECIAL: Final[dict[type[BaseException], tuple[Any, ...]]] = {
    AssemblyRefused: ([TEXT],),
    MappingRefused: ([TEXT],),
    RowsRefused: ([TEXT], 1, 1),
    Forbidden: (SAID, "SEAT_REQUIRED"),
    PluginFailure: ("other",),
    Fault: ("INVALID", SAID),
    InvalidSetting: ("horizon", "must be said on purpose"),
    sa.exc.DBAPIError: (TEXT, {"password": TEXT}, Exception(TEXT)),
    sa.exc.IntegrityError: (TEXT, {"password": TEXT}, Exception(TEXT)),
    sa.exc.OperationalError: (TEXT, {"password": TEXT}, Exception(TEXT)),
    FileNotFoundError: (2, "No such file", "/srv/inside/vault.py"),
    UnicodeDecodeError: ("utf-8", TEXT.encode(), 0, 1, TEXT),
    BaseExceptionGroup: (TEXT, [ValueError(TEXT), SystemExit(TEXT)]),
}
FOREIGN: Final[tuple[type[BaseException], ...]] = (
    *(ValueError, KeyError, RecursionError, MemoryError, AssertionError, TimeoutError, StopIteration),
    *(StopAsyncIteration, UnicodeDecodeError, FileNotFoundError, BaseExceptionGroup, GraphQLError),
    *(sa.exc.DBAPIError, sa.exc.IntegrityError, sa.exc.OperationalError, sa.exc.NoResultFound),
    *(asyncpg.PostgresError, asyncpg.UniqueViolationError, asyncpg.InterfaceError),
    *(asyncpg.QueryCanceledError, asyncpg.ConnectionDoesNotExistError, asyncpg.TooManyConnectionsError),
    *(SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, Odd),
)


def tree(root: type[TabardError] = TabardError) -> Iterator[type[TabardError]]:
    """Every error that Tabard declares."""
    yield from (
        found for found in vars(tabard.errors).values() if inspect.isclass(found) and issubclass(found, root)
    )


KINDS: Final = {kind.__name__: kind for kind in (*tree(), *FOREIGN)}


def failure(name: str) -> BaseException:
    """A new exception of the kind."""
    kind = KINDS[name]
    text = SAID if issubclass(kind, GraphError) else TEXT
    return kind(*SPECIAL.get(kind, (text,)))


def raised(name: str) -> Any:
    """Raises the exception of the kind."""
    raise failure(name)


@strawberry.type
class BrokenThing:
    """An object whose fields fail as they are told."""

    number: int

    @strawberry.field(description="Fails at once.")
    def resolved(self, kind: str) -> str | None:
        return str(raised(kind))

    @strawberry.field(description="Fails a little later.")
    async def awaited(self, kind: str) -> str | None:
        await asyncio.sleep(0)
        return str(raised(kind))


def broken() -> Plugin:
    """A plugin all of whose functions fail as they are told."""
    made = Plugin("broken", noun="Broken", policy=Public)

    @made.query(description="Works.")
    async def broken_thing(reader: Reader) -> BrokenThing | None:
        return BrokenThing(number=1)

    @made.query(description="Fails on a thread.")
    def broken_threaded(reader: Reader, *, kind: str) -> BrokenThing | None:
        return BrokenThing(number=raised(kind))

    @made.query(description="Fails in the loop.")
    async def broken_query(reader: Reader, *, kind: str) -> BrokenThing | None:
        return BrokenThing(number=raised(kind))

    @made.field(BrokenThing, key="number", description="Fails for all keys.")
    async def declared(reader: Reader, numbers: list[int], *, kind: str) -> dict[int, str]:
        return {number: raised(kind) for number in numbers}

    @made.subscription(on=RECORD_CHANGED, description="Fails while it chooses.")
    async def broken_events(reader: Reader, events: list[Event], *, kind: str) -> list[Event]:
        return [raised(kind)]

    @made.field(Company, key="id", description="Fails for all companies, at each event too.")
    async def broken_word(reader: Reader, ids: list[int], *, kind: str) -> dict[int, str]:
        return {id: raised(kind) for id in ids}

    @made.mutation(description="Fails in a transaction.")
    async def broken_change(work: Work, kind: str) -> None:
        raised(kind)

    return made
