"""Timing: how long the parts of one request took, for whoever develops against a server."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from time import perf_counter
from types import TracebackType
from typing import Any, Final

STATEMENT: Final = "statement"


class Timing:
    """The seconds and the number of each part, by its name, and what was noted along the way.

    `levels` are the seconds of the statements alone, by the level that they ran for.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.counts: Counter[str] = Counter()
        self.levels: defaultdict[str, float] = defaultdict(float)
        self.notes: dict[str, str] = {}

    def add(self, name: str, seconds: float) -> None:
        """One more part of a name."""
        self.seconds[name] += seconds
        self.counts[name] += 1
        if name == STATEMENT and (level := LEVEL.get()) is not None:
            self.levels[level] += seconds


CURRENT: Final[ContextVar[Timing | None]] = ContextVar("tabard_timing", default=None)
LEVEL: Final[ContextVar[str | None]] = ContextVar("tabard_level", default=None)


@contextmanager
def timed() -> Iterator[Timing]:
    """Times what happens inside `with`, as `total`, and its parts."""
    timing, started = Timing(), perf_counter()
    token = CURRENT.set(timing)
    try:
        yield timing
    finally:
        CURRENT.reset(token)
        timing.add("total", perf_counter() - started)


@contextmanager
def at_level(level: str, span: AbstractContextManager[Any]) -> Iterator[None]:
    """Inside, statements are timed for the level too, and in its span."""
    token = LEVEL.set(level)
    try:
        with span:
            yield
    finally:
        LEVEL.reset(token)


class Part:
    """One part, round the span that is made of it."""

    def __init__(self, timing: Timing, name: str, span: AbstractContextManager[Any]) -> None:
        self._timing = timing
        self._name = name
        self._span = span
        self._started = 0.0

    def __enter__(self) -> Any:
        self._started = perf_counter()
        return self._span.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._timing.add(self._name, perf_counter() - self._started)
        return self._span.__exit__(kind, error, trace)
