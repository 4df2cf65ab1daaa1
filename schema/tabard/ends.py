"""Ends: exceptions that end a coroutine, a task or the process, raised where only a piece of work has failed.

A library that calls `sys.exit`, a driver or a careless plugin must cost its own work and no more. asyncio lets
SystemExit and KeyboardInterrupt end the event loop, whichever task they leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tabard.cancellation import is_cancelled

T = TypeVar("T")


def is_end(error: BaseException) -> bool:
    """Whether the coroutine or the task is to end, and nobody waits for an answer.

    Signals are handled where the server runs, and never raise KeyboardInterrupt inside its work.
    """
    if isinstance(error, asyncio.CancelledError):
        return is_cancelled()
    return isinstance(error, GeneratorExit)


def failure_of(error: BaseException) -> Exception:
    """The error as one that costs this work and no more."""
    if isinstance(error, Exception):
        return error
    failure = RuntimeError(f"{type(error).__name__} was raised")
    failure.__cause__ = error
    return failure


async def costing_no_more(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; whatever it raises costs whoever waits for it, and not the server."""
    try:
        return await work
    except Exception:
        raise
    except BaseException as error:
        if is_end(error):
            raise
        raise failure_of(error) from error


def outcome(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """What the function gives on a thread; what it raises comes to whoever waits for it.

    StopIteration would never come: a future does not take it.
    """
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, StopIteration):
            raise
        raise RuntimeError(f"{type(error).__name__} was raised") from error
