"""Drivers: those of both databases, behind a trap at each call that the storage makes of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pytest

from tests.promises.support.failures import raised

SQLITE: Final = ("execute", "executemany")
POSTGRES: Final = ("execute", "executemany", "fetch")


@dataclass
class DriverTrap:
    """Raises an exception of one kind, once, when the driver has been called so many times; else nothing."""

    kind: str = ""
    passes: int | None = None

    def set(self, kind: str, passes: int) -> None:
        """Raises the kind after so many calls."""
        self.kind, self.passes = kind, passes

    def pass_by(self) -> None:
        """Raises when it is time."""
        if self.passes is not None:
            passes, self.passes = self.passes, self.passes - 1 if self.passes else None
            if not passes:
                raised(self.kind)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function behind the trap."""

        def trapped(*args: Any, **kwargs: Any) -> Any:
            self.pass_by()
            return function(*args, **kwargs)

        return trapped


def trapped_drivers(monkeypatch: pytest.MonkeyPatch) -> DriverTrap:
    """A trap in front of whatever the drivers are asked from now on."""
    trap = DriverTrap()
    calls = {name: trap.before(getattr(sqlite3.Connection, name)) for name in SQLITE}
    kind = type("Trapped", (sqlite3.Connection,), calls)
    connect = sqlite3.connect

    def connected(*args: Any, **kwargs: Any) -> Any:
        trap.pass_by()
        return connect(*args, **{"factory": kind} | kwargs)

    monkeypatch.setattr(sqlite3, "connect", connected)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", connected)
    monkeypatch.setattr(asyncpg, "connect", trap.before(asyncpg.connect))
    for name in POSTGRES:
        method = getattr(asyncpg.Connection, name)
        monkeypatch.setattr(asyncpg.Connection, name, trap.before(method))
    return trap
