"""Waits: what an operation waits for, and what goes on with each when it has come.

Everything else in the engine is plain function calls; only here is anything awaited. Whatever a field
gives for all parents of its level is one wait, and the waits of one level run at the same time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from types import CoroutineType
from typing import Any, Protocol

Then = Callable[[list[Any]], None]
Come = Callable[[asyncio.Future[Any]], None]
Wait = tuple[Sequence[Awaitable[Any]], Then]


class Held(Protocol):
    """A wait that others may still add to until it begins; what fails in it is among what it gives."""

    def made(self) -> Coroutine[Any, Any, Any]:
        """What is waited for."""

    def come(self, found: Any) -> None:
        """Goes on with what has come."""


class Waits:
    """The waits of one operation. An awaitable's exception is its outcome; cancellation cancels all."""

    def __init__(self) -> None:
        self._waiting: list[Wait] = []
        self._held: list[Held] = []
        self._steps: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting or self._held or self._steps)

    def add(self, awaitables: Sequence[Awaitable[Any]], then: Then) -> None:
        """Calls `then` with what the awaitables give, when all have; an exception is given like a value."""
        self._waiting.append((awaitables, then))

    def hold(self, held: Held) -> None:
        """Begins it when all steps are done, because each may add to it."""
        self._held.append(held)

    def step(self, step: Callable[[], None]) -> None:
        """Calls `step` in a turn of the loop of its own; what it adds begins in that turn."""
        self._steps.append(step)

    async def drain(self) -> None:
        """Waits until nothing is left to wait for, what came up meanwhile included."""
        running: dict[asyncio.Future[Any], Come] = {}
        tasks: list[asyncio.Future[Any]] = []
        try:
            while self or running:
                if len(self._held) == 1 and not (self._waiting or self._steps or running):
                    # Most operations have one level at a time, and then nothing has to be told apart.
                    held = self._held.pop()
                    held.come(await held.made())
                    continue
                taken = self._taken()
                if len(taken) == 1 and not (running or self._steps):
                    await _alone(*taken[0], tasks)
                    continue
                for awaitables, then in taken:
                    level = started(awaitables)
                    tasks += level
                    whole, come = _beside(level, awaitables, then)
                    running[whole] = come
                await self._turned(running)
        except BaseException:
            self._dispose()
            # Each is told once: a second time would break off what it does at its end.
            await ended(tasks)
            await ended(list(running))
            raise

    def _taken(self) -> list[Wait]:
        taken, self._waiting = self._waiting, []
        if not self._steps:
            held, self._held = self._held, []
            taken += [([one.made()], partial(_come, one)) for one in held]
        return taken

    async def _turned(self, running: dict[asyncio.Future[Any], Come]) -> None:
        """Does the next step, or goes on with what has come; nothing that is not begun outlasts a turn."""
        if self._steps:
            await asyncio.sleep(0)
            self._steps.popleft()()
        elif running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for waited in [waited for waited in running if waited in done]:
                running.pop(waited)(waited)

    def _dispose(self) -> None:
        for awaitables, _ in self._waiting:
            dispose(awaitables)


def _come(held: Held, found: list[Any]) -> None:
    held.come(*found)


async def _alone(awaitables: Sequence[Awaitable[Any]], then: Then, tasks: list[asyncio.Future[Any]]) -> None:
    """A lone wait needs no task of its own; those that are made join the tasks."""
    if len(awaitables) == 1:
        then([await outcome(awaitables[0])])
        return
    level = started(awaitables)
    tasks += level
    then(await together(level))


def _beside(
    level: Sequence[asyncio.Future[Any]], awaitables: Sequence[Awaitable[Any]], then: Then
) -> tuple[asyncio.Future[Any], Come]:
    """What to wait for beside others, and what goes on when it has come: a lone task stands for itself."""
    if len(level) == 1 and level[0] is not awaitables[0]:
        return level[0], lambda task: then([_given(task)])
    return asyncio.ensure_future(together(level)), lambda whole: then(whole.result())


def _given(task: asyncio.Future[Any]) -> Any:
    """What a task that has ended gave, or the exception that it raised."""
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, Exception):
        return error
    raise error


def started(awaitables: Sequence[Awaitable[Any]]) -> list[asyncio.Future[Any]]:
    """A task for each; from here on none can be thrown away unawaited."""
    start = asyncio.get_running_loop().create_task
    return [
        start(awaitable) if type(awaitable) is CoroutineType else asyncio.ensure_future(awaitable)
        for awaitable in awaitables
    ]


def dispose(awaitables: Sequence[Awaitable[Any]]) -> None:
    """Closes those that nobody will wait for."""
    for awaitable in awaitables:
        if close := getattr(awaitable, "close", None):
            close()


async def together(tasks: Sequence[asyncio.Future[Any]]) -> list[Any]:
    """What all of them give.

    They run at the same time and are looked at in turn: most come in one turn of the loop, so that a
    callback for each, as `gather` has, would only cost.
    """
    return [task.result() if task.done() and not task.exception() else await outcome(task) for task in tasks]


async def outcome(awaitable: Awaitable[Any]) -> Any:
    """What it gives, or the exception that it raises."""
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 - the field that it belongs to reports it
        return error


async def ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels the tasks and waits until they have ended; what they raised is nobody's any more."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)
    for task in tasks:
        if not task.cancelled():
            task.exception()
