"""Values: an author's function that gives one value for each key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabard.reads.level import Level


@dataclass(frozen=True)
class ValueRead:
    """`async def f(reader, keys, *, arg=...) -> dict[key, V]`; without it `f(reader, parents) -> list[V]`."""

    function: Callable[..., Any]
    key: str | None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        if self.key is None:
            values = await context.contained(level.plugin, self.function, context.reader, keys, **level.args)
            if len(values) != len(keys):
                raise TypeError(
                    f"{self.function.__name__} returned {len(values)} values for {len(keys)} parents; "
                    "return a list with one value for each parent, in order"
                )
            return list(values)
        distinct = list(dict.fromkeys(keys))
        found = await context.contained(level.plugin, self.function, context.reader, distinct, **level.args)
        return [found.get(key) for key in keys]

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class RootRead:
    """`async def f(reader, *, arg=...) -> value | None`: a field of Query, which has no parent."""

    function: Callable[..., Any]
    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        value = await context.contained(level.plugin, self.function, context.reader, **level.args)
        return [value] * len(keys)

    def child(self) -> type | None:
        return None
