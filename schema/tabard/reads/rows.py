"""Rows: an author's function that gives whole rows for many parents, as columns."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabard.entities import make_objects
from tabard.reader import Columns, Read
from tabard.reads.level import Level


@dataclass(frozen=True)
class RowsRead:
    """`async def f(reader, read: Read) -> Columns`, whose `parent` tells each row's key.

    `is_many` gives a list for each parent, otherwise the one row or null.
    """

    function: Callable[..., Any]
    to: type
    key: str | None
    is_many: bool

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        context = level.context
        distinct = list(dict.fromkeys(keys)) if self.key else keys
        read = Read(distinct, level.attributes(level.selection, self.to), level.args)
        columns: Columns = await context.contained(level.plugin, self.function, context.reader, read)
        objects: list[Any] = make_objects(self.to, list(columns.data), list(columns.data.values()))
        if columns.parent is None:
            grouped = {id(key) if self.key is None else key: objects for key in keys}
        else:
            grouped = defaultdict(list)
            for key, item in zip(columns.parent, objects, strict=True):
                grouped[key].append(item)
        lists = [grouped.get(id(key) if self.key is None else key, []) for key in keys]
        return lists if self.is_many else [items[0] if items else None for items in lists]

    def child(self) -> type | None:
        return self.to
