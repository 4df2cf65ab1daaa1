"""Rows: an author's function that gives whole rows for many parents, as columns."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tabard.reader import Columns, Read
from tabard.reads.batch import Grouped, Picked, RowBatch
from tabard.reads.level import Level
from tabard.reads.related import NONE


@dataclass(frozen=True)
class RowsRead:
    """`async def f(reader, read: Read) -> Columns`, whose `parent` tells each row's key.

    `is_many` gives a list for each parent, otherwise the one row or null.
    """

    function: Callable[..., Any]
    to: type
    key: str | None
    is_many: bool

    async def load(self, level: Level, keys: list[Any]) -> Sequence[Any]:
        context = level.context
        distinct = list(dict.fromkeys(keys)) if self.key else keys
        # Whoever asks next with the same document may get the same arguments.
        args = MappingProxyType(level.args)
        read = Read(distinct, level.attributes(level.selection, self.to), args)
        columns: Columns = await context.contained(level.plugin, self.function, context.reader, read)
        rows = RowBatch(self.to, columns.data, len(columns))
        if columns.parent is None:
            grouped: list[Sequence[int]] = [range(len(columns))] * len(keys)
        else:
            places = defaultdict(list)
            for place, parent in enumerate(columns.parent):
                places[parent].append(place)
            # Parents without a key are told apart by what they are.
            named = keys if self.key else map(id, keys)
            grouped = [places.get(name, NONE) for name in named]
        if self.is_many:
            return Grouped(rows, grouped)
        return Picked(rows, [group[0] if group else None for group in grouped])

    def child(self) -> type | None:
        return self.to
