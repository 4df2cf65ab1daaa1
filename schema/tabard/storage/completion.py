"""Completion: what must not be left half done, though its caller is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tabard.ends import costing_no_more

T = TypeVar("T")


async def completed(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """The work's result; a cancellation meanwhile is raised once the work is done."""
    task = asyncio.ensure_future(costing_no_more(work) if asyncio.iscoroutine(work) else work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancellation = error
        except Exception:  # noqa: BLE001 (the task's own outcome is given below)
            break
    result = task.result()
    if cancellation is not None:
        raise cancellation
    return result


async def ended(ending: Coroutine[Any, Any, None] | None) -> None:
    """Waits for what an end has to wait for, if anything."""
    if ending is not None:
        await completed(ending)
