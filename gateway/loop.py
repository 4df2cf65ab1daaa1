"""Loop: runs a server's work in the fastest event loop there is, to its end, whatever else asks for one."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable

import structlog
import uvicorn
from starlette.applications import Starlette

log = structlog.get_logger(__name__)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Runs the work until it is done.

    asyncio ends the loop when any task or callback raises SystemExit or KeyboardInterrupt, as one does that a
    plugin has left behind and that calls `sys.exit`. Whoever waits for it has been told by then, so the loop
    goes on where it was.
    """
    loop_factory = uvicorn.Config(Starlette(), loop="auto", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        task = runner.get_loop().create_task(_done(work()))
        while not task.done():
            try:
                runner.run(_done(task))
            except (SystemExit, KeyboardInterrupt) as error:
                if task.done() or _is_meant(error):
                    raise
                log.exception("kept from ending the server")


async def _done(work: Awaitable[None]) -> None:
    await work


def _is_meant(error: BaseException) -> bool:
    """Whether it may come of Ctrl-C; while a server serves it has a handler of its own for that."""
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
