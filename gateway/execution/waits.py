"""Waits: what an operation waits for, and what goes on with each when it has come.

Everything else in the engine is plain function calls; only here is anything awaited. Whatever a field
gives for all parents of its level is one wait, and the waits of one level run at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Then = Callable[[list[Any]], None]


class Waits:
    """The waits of one operation. An awaitable's exception is its outcome; cancellation cancels all."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Sequence[Awaitable[Any]], Then]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, awaitables: Sequence[Awaitable[Any]], then: Then) -> None:
        """Calls `then` with what the awaitables give, when all have; an exception is given like a value."""
        self._waiting.append((awaitables, then))

    async def drain(self) -> None:
        """Waits until nothing is left to wait for, what came up meanwhile included."""
        running: dict[asyncio.Future[list[Any]], Then] = {}
        tasks: list[asyncio.Future[Any]] = []
        try:
            while self._waiting or running:
                if len(self._waiting) == 1 and not running:
                    await self._one()
                    continue
                for awaitables, then in self._taken():
                    level = started(awaitables)
                    tasks += level
                    running[asyncio.ensure_future(together(level))] = then
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for level_done in [waited for waited in running if waited in done]:
                    running.pop(level_done)(level_done.result())
        finally:
            self._dispose()
            await ended([task for task in (*running, *tasks) if not task.done()])

    async def _one(self) -> None:
        """A lone wait needs no task of its own."""
        ((awaitables, then),) = self._taken()
        lone = len(awaitables) == 1
        then([await outcome(awaitables[0])] if lone else await together(started(awaitables)))

    def _taken(self) -> list[tuple[Sequence[Awaitable[Any]], Then]]:
        taken, self._waiting = self._waiting, []
        return taken

    def _dispose(self) -> None:
        for awaitables, _ in self._taken():
            for awaitable in awaitables:
                if close := getattr(awaitable, "close", None):
                    close()


def started(awaitables: Sequence[Awaitable[Any]]) -> list[asyncio.Future[Any]]:
    """A task for each; from here on none can be thrown away unawaited."""
    return [asyncio.ensure_future(awaitable) for awaitable in awaitables]


async def together(tasks: Sequence[asyncio.Future[Any]]) -> list[Any]:
    """What all of them give; when this is cancelled none of them is left running.

    They run at the same time and are looked at in turn: most come in one turn of the loop, so that a
    callback for each, as `gather` has, would only cost.
    """
    try:
        return [
            task.result() if task.done() and not task.exception() else await outcome(task) for task in tasks
        ]
    except BaseException:
        await ended(tasks)
        raise


async def outcome(awaitable: Awaitable[Any]) -> Any:
    """What it gives, or the exception that it raises."""
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 - the field that it belongs to reports it
        return error


async def ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels the tasks and waits until they have ended."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()
