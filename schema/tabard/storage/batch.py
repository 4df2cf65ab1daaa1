"""Batch: rows of many tables, gathered first and written together, each table's in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from tabard.columns import fold
from tabard.storage.door import TENANT
from tabard.storage.row_writes import inserting
from tabard.storage.transaction import WriteSession

FOLDED = "_folded"


class Batch:
    """Rows to insert. Parents are written before children, whatever order they were added in.

    Rows of one table that refer to each other are written in the order they were added. The portal's
    id is no part of a row: the door stamps it. `rows` holds what has been added, by table.
    """

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._new_id = new_id
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {}

    def add(self, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Adds rows; those of a table with an `id` get one unless they bring it. Returns the ids in order.

        A column `<name>_folded` follows from `<name>`; a column left out is null.
        """
        tenant = table.info.get(TENANT)
        has_id = "id" in table.primary_key.columns and tenant != "id"
        blank = {column.name: None for column in table.c if column.name != tenant}
        added = [blank | self._identified(row, has_id) for row in rows]
        for name in [name for name in blank if name.endswith(FOLDED) and name.removesuffix(FOLDED) in blank]:
            for row in added:
                row[name] = fold(row[name.removesuffix(FOLDED)])
        self.rows.setdefault(table, []).extend(added)
        return [row["id"] for row in added] if has_id else []

    def _identified(self, row: Mapping[str, Any], has_id: bool) -> dict[str, Any]:
        return {"id": row.get("id") or self._new_id(), **row} if has_id else dict(row)

    def __len__(self) -> int:
        return sum(map(len, self.rows.values()))

    async def write(self, session: WriteSession, on_written: Callable[[int], None] = lambda _: None) -> None:
        """Inserts all rows in the session's portal; `on_written` hears how many have been written since."""
        for table in sa.schema.sort_tables([table for table, rows in self.rows.items() if rows]):
            await session.execute(inserting(table), self.rows[table])
            on_written(len(self.rows[table]))
