"""Containment: a plugin's function runs so that its failure costs its own field and nothing else."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from tabard.beginning import Rest, begin
from tabard.cancellation import is_cancelled
from tabard.circuits import Circuits
from tabard.ends import outcome
from tabard.errors import DeadlineExceeded, Fault, GraphError, PluginFailure
from tabard.registry import BUILT_IN
from tabard.tracing import span, spanned

log = structlog.get_logger("tabard.plugins")

PLUGIN_SECONDS: Final = 5.0
BLOCKING_SECONDS = 0.25
THREADS = 4
BROKEN = "could not answer this field"
LEFT_ALONE = f"did not answer {Circuits.MOST} times in a row; it is asked again within {Circuits.PAUSE:g} s"


def late(seconds: float) -> str:
    """What is said of a plugin that takes too long."""
    return f"did not answer within {seconds:g} s"


class Containment:
    """Runs the functions of all plugins of one graph; counts what goes wrong, by plugin.

    A function has `limit` seconds. Synchronous ones run on a few threads of their plugin, so that one
    that hangs starves only its own plugin; one that is late again and again is left alone for a while.
    `failures` and `blocked` feed health and metrics.
    """

    def __init__(self, limit: float, circuits: Circuits | None = None) -> None:
        self.limit = limit
        self.failures: Counter[str] = Counter()
        self.blocked: Counter[str] = Counter()
        self._circuits = circuits or Circuits()
        self._threads: dict[str, ThreadPoolExecutor] = {}

    async def call(self, plugin: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The function's result; raises what `failed` makes of a failure, or what the function raised for clients."""
        if self._circuits.knows_any and self._circuits.is_open(plugin, function):
            self.failures[plugin] += 1
            raise PluginFailure(plugin, f"The plugin '{plugin}' {LEFT_ALONE}.")
        is_late = False
        try:
            work = self._within(plugin, function, args, kwargs)
            named = getattr(function, "__name__", "?")
            return await spanned(work, span, "batch", plugin=plugin, function=named)
        except (GraphError, Fault):
            raise
        except _Late as error:
            is_late = True
            raise self._late(plugin, function, error) from error
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            raise self.failed(plugin, function, error, "cancelled itself") from error
        except BaseException as error:  # sys.exit() and its like must not end the server
            raise self.failed(plugin, function, error) from error
        finally:
            # To raise is an answer too; who is cut off has not waited long enough to know.
            if self._circuits.knows_any and not (is_late or is_cancelled()):
                self._circuits.answered(plugin, function)

    async def _within(
        self, plugin: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """The function's result; what never waits needs no timer, which could not end it either."""
        rest: Any
        until = asyncio.get_running_loop().time() + self.limit
        if inspect.iscoroutinefunction(function):
            rest = self._begun(plugin, function, args, kwargs)
            if not isinstance(rest, Rest):
                return rest
        else:
            rest = self._on_thread(plugin, function, args, kwargs)
        deadline = asyncio.timeout_at(until)
        try:
            async with deadline:
                return await rest
        except TimeoutError as error:
            # The function may also meet a time limit of its own.
            if deadline.expired():
                raise _Late from error
            raise

    def _begun(
        self, plugin: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        started = time.monotonic()
        try:
            begun = begin(function(*args, **kwargs))
        finally:
            if (seconds := time.monotonic() - started) > BLOCKING_SECONDS:
                self._blocked(plugin, function, seconds)
        if isinstance(begun, Rest):
            begun.work = _Watched(begun.work, lambda seconds: self._blocked(plugin, function, seconds))
        return begun

    def _on_thread(
        self, plugin: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> asyncio.Future[Any]:
        pool = self._threads.get(plugin)
        if pool is None:
            pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"tabard-{plugin}")
            self._threads[plugin] = pool
        return asyncio.get_running_loop().run_in_executor(pool, lambda: outcome(function, *args, **kwargs))

    def _late(self, plugin: str, function: Callable[..., Any], error: BaseException) -> Exception:
        if plugin == BUILT_IN:
            # It has waited for somebody who changes the same; others need not be kept from it for that.
            return DeadlineExceeded(
                f"This took longer than {self.limit:g} s, so nothing of it is kept. "
                "Ask for less at once, or send it again."
            )
        if self._circuits.late(plugin, function):
            log.warning(
                "plugin left alone",
                plugin=plugin,
                function=getattr(function, "__name__", "?"),
                seconds=Circuits.PAUSE,
                remedy="bound what the function waits for by a time limit of its own",
            )
        return self.failed(plugin, function, error, late(self.limit))

    def failed(
        self, plugin: str, function: Callable[..., Any], error: BaseException, problem: str = BROKEN
    ) -> Exception:
        """The failure as clients get it; the log gets what was raised.

        The core is no plugin that somebody could see to: its failures are the server's.
        """
        if plugin == BUILT_IN:
            return RuntimeError(f"the core's function {getattr(function, '__name__', '?')} {problem}")
        self.failures[plugin] += 1
        log.error(
            "plugin failed",
            plugin=plugin,
            function=getattr(function, "__name__", "?"),
            problem=problem,
            exc_info=error,
        )
        return PluginFailure(plugin, f"The plugin '{plugin}' {problem}.")

    def _blocked(self, plugin: str, function: Callable[..., Any], seconds: float) -> None:
        self.blocked[plugin] += 1
        log.warning(
            "plugin blocked the event loop",
            plugin=plugin,
            function=getattr(function, "__name__", "?"),
            seconds=round(seconds, 3),
            remedy="make the function synchronous, so that it runs on a thread",
        )

    def close(self) -> None:
        """Lets go of the threads without waiting for functions that hang."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._threads.clear()


class _Late(TimeoutError):
    """The time of a plugin's function is spent."""


class _Watched:
    """The further steps of a coroutine; each that holds the loop too long is reported."""

    def __init__(self, coroutine: Any, report: Callable[[float], None]) -> None:
        self._coroutine = coroutine
        self._report = report

    def send(self, value: Any) -> Any:
        return self._step(self._coroutine.send, value)

    def throw(self, error: BaseException) -> Any:
        return self._step(self._coroutine.throw, error)

    def _step(self, resume: Callable[[Any], Any], value: Any) -> Any:
        started = time.monotonic()
        try:
            return resume(value)
        finally:
            if (seconds := time.monotonic() - started) > BLOCKING_SECONDS:
                self._report(seconds)
