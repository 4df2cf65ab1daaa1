"""Stream: one subscription as it runs: each event executed for the viewer as they are then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import DocumentNode, ExecutionResult

from tabard.errors import DeadlineExceeded, Unavailable
from tabard.events import Event, Place
from tabard.subscriptions import Followed

if TYPE_CHECKING:
    from tabard.context import Context
    from tabard.graph import Graph
    from tabard.viewer import Viewer

# Gives a context for the subscriber as the database knows them at that moment; raises when they are gone.
Admit = Callable[[], AbstractAsyncContextManager["Context"]]

PAUSE_SECONDS: Final = 1.0
# Events that are executed together; their related rows are read in one statement.
BATCH: Final = 50


@dataclass(frozen=True)
class Operation:
    """What a subscriber asks of each event."""

    document: DocumentNode
    variables: dict[str, Any] | None
    name: str | None


class Stream:
    """The results of one subscription, from its place on, for as long as somebody iterates.

    Whoever may no longer subscribe gets the error that says so instead of another result.
    """

    def __init__(
        self,
        graph: Graph,
        admit: Admit,
        operation: Operation,
        followed: Followed,
        portal_id: int,
        place: Place,
    ) -> None:
        self._graph = graph
        self._admit = admit
        self._operation = operation
        self._followed = followed
        self._portal_id = portal_id
        self._place = place

    def require(self, viewer: Viewer) -> None:
        """Raises Forbidden or Unauthenticated when the viewer may not subscribe any more."""
        policy = self._followed.subscription.contribution.policy
        if policy is not None:
            viewer.require(policy)

    async def results(self) -> AsyncGenerator[ExecutionResult, None]:
        """One result for each event that is the subscriber's; ends only by an error, or when it is closed."""
        hub = self._graph.hub
        async with hub.following(self._portal_id) as feed:
            while True:
                events = (await feed.after(self._place))[:BATCH]
                async with hub.turns:
                    results = await self._results(events)
                if results is None:
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                self._place = events[-1].place
                # Sent with no connection in hand: who reads slowly holds nothing but their own place.
                for result in results:
                    yield result

    async def _results(self, events: Sequence[Event]) -> Sequence[ExecutionResult] | None:
        """The results of a batch; None when the database does not answer now."""
        try:
            async with self._admit() as context:
                self.require(context.viewer)
                chosen = await self._followed.subscription.chosen(context, events, self._followed.args)
                return await self._told(context, chosen) if chosen else []
        except (Unavailable, DeadlineExceeded):
            return None

    async def _told(self, context: Context, events: Sequence[Event]) -> Sequence[ExecutionResult]:
        subscription, places = self._followed.subscription, self._graph.places
        payloads = [subscription.told(event, places.encode(self._portal_id, event.place)) for event in events]
        operation = self._operation
        return await self._graph.execute_each(
            context, operation.document, operation.variables, operation.name, payloads
        )
