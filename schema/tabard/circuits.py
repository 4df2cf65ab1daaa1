"""Circuits: a function that was late several times in a row is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Key = tuple[str, str, str]


@dataclass(slots=True)
class Lateness:
    """How often in a row a function was late, and until when it is left alone."""

    times: int = 0
    until: float = 0.0


class Circuits:
    """The functions that were late when they were last called, by plugin, module and name.

    Whoever waits for such a function holds a place that others could have. So after `MOST` times nobody
    waits for it for `PAUSE` seconds; then one call finds out whether it answers again.
    """

    MOST: Final = 3
    PAUSE: Final = 10.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._late: dict[Key, Lateness] = {}

    @property
    def knows_any(self) -> bool:
        """Whether any function was late when it was last called."""
        return bool(self._late)

    def is_open(self, plugin: str, function: Callable[..., Any]) -> bool:
        """Whether the function is left alone now; of those who ask after the pause one is told that it is not."""
        late = self._late.get(_key(plugin, function)) if self._late else None
        if late is None or late.times < self.MOST:
            return False
        if (now := self._clock()) < late.until:
            return True
        late.until = now + self.PAUSE
        return False

    def late(self, plugin: str, function: Callable[..., Any]) -> bool:
        """Notes that the function was late; says whether it is left alone from now on."""
        late = self._late.setdefault(_key(plugin, function), Lateness())
        late.times += 1
        late.until = self._clock() + self.PAUSE
        return late.times >= self.MOST

    def answered(self, plugin: str, function: Callable[..., Any]) -> None:
        """Forgets that the function was late; it has answered in time, be it by an exception."""
        self._late.pop(_key(plugin, function), None)


def _key(plugin: str, function: Callable[..., Any]) -> Key:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return plugin, getattr(function, "__module__", ""), name
