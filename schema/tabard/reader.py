"""Reader: how a plugin's function reads; every statement goes through the tenant's door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tabard.records.object_types import by_object_type
from tabard.storage.keys import keys as keys_in
from tabard.storage.statements import Prepared

if TYPE_CHECKING:
    from tabard.properties import Property
    from tabard.storage.session import ReadSession
    from tabard.viewer import Viewer


class Columns:
    """Rows as columns: each name a list of values, all of one length.

    `parent` holds, for each row, the key of the parent it belongs to; None when there is one parent.
    """

    def __init__(self, parent: Sequence[Any] | None = None, /, **data: Sequence[Any]) -> None:
        columns = data if parent is None else {**data, "parent": parent}
        if len(set(map(len, columns.values()))) > 1:
            lengths = {name: len(values) for name, values in columns.items()}
            raise ValueError(f"columns must all have one length, not {lengths}")
        self.parent = parent
        self.data: Mapping[str, Sequence[Any]] = data

    def __len__(self) -> int:
        return len(next(iter(self.data.values()), self.parent or ()))

    def __getitem__(self, name: str) -> Sequence[Any]:
        return self.data[name]


@dataclass(frozen=True)
class Read:
    """What one level of a query asks of a field.

    `keys` are the parents' keys, each once; `columns` the attributes that the query selects from the
    rows; `args` the field's arguments by Python name.
    """

    keys: list[Any]
    columns: frozenset[str]
    args: Mapping[str, Any] = field(default_factory=dict)


class Reader:
    """Reads rows of the viewer's portal. Each statement is its own snapshot unless `snapshot()` is open."""

    def __init__(
        self,
        viewer: Viewer,
        session: ReadSession,
        properties: Mapping[str, tuple[Property, ...]] | None = None,
    ) -> None:
        self.viewer = viewer
        self._session = session
        self._properties = properties or {}

    def properties_of(self, object_type: str) -> tuple[Property, ...]:
        """The well-known properties of a record type by its key, e.g. `company`; empty for an unknown one."""
        return by_object_type(self._properties, object_type) or ()

    async def fetch(
        self,
        statement: sa.Select[Any] | sa.CompoundSelect[Any] | Prepared,
        *,
        is_bounded: bool = True,
        **values: Any,
    ) -> Columns:
        """The rows of a statement, as columns named like the statement's; `values` are a prepared one's.

        Say `is_bounded=False` for counts, sums and searches, whose work grows with the table.
        """
        return Columns(**await self._session.read(statement, values, is_bounded=is_bounded))

    async def values(
        self, column: sa.ColumnElement[Any], *, by: sa.ColumnElement[Any], keys: Sequence[int]
    ) -> dict[int, Any]:
        """One value for each key that has a row: `{by: column}`."""
        statement = sa.select(by.label("key"), column.label("value")).where(keys_in(by, keys))
        found = await self._session.read(statement)
        return dict(zip(found["key"], found["value"], strict=True))

    async def scalar(self, statement: sa.Select[Any]) -> Any:
        """The first cell of the first row; None without a row."""
        first, *_ = (await self._session.read(statement)).values()
        return first[0] if first else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Statements inside see the database at one moment; for reports and exports."""
        async with self._session.snapshot():
            yield
