"""Following: subscribers of one portal who try everything, while things happen in another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from graphql import ExecutionResult

from tabard.context import Context
from tabard.entities import is_entity
from tabard.events import EventKind
from tabard.live.stream import Stream
from tabard.naming import noun_of
from tabard.nouns.node import Record
from tabard.nouns.nodes import node_types
from tabard.nouns.workspace import Workspace
from tabard.records.viewers import read_viewer
from tabard.storage.ids import decode_global_id
from tabard.storage.scope import Scope
from tabard.testing import Answer
from tabard.viewer import ANONYMOUS
from tabard.work import Work
from tests.promises.support.walk import Document
from tests.promises.support.worlds import World, as_text, parsed, schema

PATIENCE: Final = 60


def subjects(kind: EventKind) -> list[str]:
    """The nouns that an event of this kind may be about."""
    if kind.of is Workspace:
        return [noun_of(Workspace)]
    types = node_types(schema().registry)
    return sorted(noun for noun, type_ in types.items() if is_entity(type_) and (kind.of in (type_, Record)))


def happenings(kind: EventKind) -> list[str]:
    """The names under which such an event may stand in the outbox, a deletion among them."""
    return [
        name
        for prefix in kind.prefixes
        for name in ([f"{prefix}changed", f"{prefix}deleted"] if prefix.endswith(".") else [prefix])
    ]


def stories(world: World, portal_id: int) -> Iterator[tuple[str, str, int]]:
    """What can happen in a portal, of every kind that somebody can subscribe to: name, subject, id."""
    for contribution in schema().registry.subscriptions:
        for noun in subjects(contribution.on):
            for id in world.global_ids(portal_id, noun)[:1]:
                found = decode_global_id(id)
                assert found is not None
                yield from ((name, noun, found[1]) for name in happenings(contribution.on))


async def happen(world: World, portal_id: int, changed: str, *told: tuple[str, str, int]) -> None:
    """Lets things happen in a portal, as mutations tell of them."""
    graph = world.gateway.graph
    async with graph.database.writing(Scope(portal_id)) as session:
        work = Work(ANONYMOUS, session, graph.new_id, graph.now(), graph.registry)
        for name, noun, id in told:
            work.tell(name, noun, id, [changed])


@dataclass
class Follower:
    """A subscriber; `told` is all they hear, `look` comes when events were looked through for them."""

    world: World
    persona: str
    portal: str
    document: Document
    told: list[ExecutionResult] = field(default_factory=list)
    look: asyncio.Event = field(default_factory=asyncio.Event)
    is_refused: bool = False

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[Context]:
        """The context of one batch of events."""
        graph = self.world.gateway.graph
        users = await self.world.gateway.identity(self.persona, self.portal)
        viewer, session = await read_viewer(graph.database, *users)
        context = graph.context(viewer or ANONYMOUS, session)
        try:
            yield context
        finally:
            await context.close()
            self.look.set()
            self.look = asyncio.Event()

    @property
    def heard(self) -> str:
        """Everything that was sent to them."""
        return "\n".join(as_text(Answer(item.data, list(item.errors or []))) for item in self.told)


@asynccontextmanager
async def following(
    world: World, documents: Iterable[Document], persona: str, portal: str
) -> AsyncIterator[list[Follower]]:
    """Subscribers with these documents; those who are refused have been told why."""
    found, tasks = [], []
    for document in documents:
        follower = Follower(world, persona, portal, document)
        found.append(follower)
        graph = world.gateway.graph
        stream = await graph.subscribe(follower.admitted, parsed(document.text), document.variables)
        if isinstance(stream, ExecutionResult):
            follower.told.append(stream)
            follower.is_refused = True
        else:
            tasks.append(asyncio.create_task(_listened(stream, follower)))
    try:
        yield found
        assert not any(task.done() for task in tasks), "a stream has ended by itself"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listened(stream: Stream, follower: Follower) -> None:
    async with aclosing(stream.results()) as results:
        async for result in results:
            follower.told.append(result)


async def heard_all(world: World, portal_id: int, followers: Sequence[Follower]) -> None:
    """Waits until all that has happened in the portal so far has been told to whoever may hear of it."""
    company = world.ids[portal_id]["company"][0]
    # Whoever looks again after the second of these has looked through all that was before the first.
    for _ in range(3):
        looks = [follower.look for follower in followers if not follower.is_refused]
        await happen(world, portal_id, "last", ("record.changed", "company", company))
        async with asyncio.timeout(PATIENCE):
            for look in looks:
                await look.wait()
