"""Cancellation: whether it was asked of this task, or only raised inside it."""

import asyncio


def is_cancelled() -> bool:
    """Whether somebody has cancelled the task that runs; a CancelledError then has to go on."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
