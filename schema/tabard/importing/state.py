"""State: what the portal holds already of all that an import makes or refers to."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tabard.importing.fields import Cells
from tabard.importing.targets import EXTERNAL_ID, USER, Target
from tabard.records import tables
from tabard.storage.keys import keys

Fetch = Callable[[sa.Select[Any]], Awaitable[Sequence[sa.Row[Any]]]]

KEYS_AT_ONCE = 5000
VALUE_COLUMNS = (
    "text_value",
    "text_folded",
    "number_value",
    "currency",
    "date_value",
    "instant_value",
    "user_id",
)


@dataclass
class Wanted:
    """Which stored things matter: `ids` are external ids, `names` texts by which things are referred to."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    associating: set[str] = field(default_factory=set)
    property_ids: set[int] = field(default_factory=set)


@dataclass
class State:
    """What is stored. Two states are equal when nothing of it has changed in between."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    named: dict[tuple[str, str], dict[str, list[tuple[int, str | None]]]] = field(default_factory=dict)
    values: dict[int, dict[int, Cells]] = field(default_factory=dict)
    associations: set[tuple[int, int, int | None]] = field(default_factory=set)
    teams: dict[int, dict[int, bool]] = field(default_factory=dict)
    permissions: dict[int, set[str]] = field(default_factory=dict)

    def id_of(self, noun: str, external_id: str) -> int | None:
        """The id of what is stored under an external id."""
        row = self.rows.get(noun, {}).get(external_id)
        return None if row is None else int(row["id"])


class StateReader:
    """Reads what is wanted; `is_locking` holds it until the transaction ends."""

    def __init__(self, fetch: Fetch, targets: dict[str, Target], *, is_locking: bool = False) -> None:
        self._fetch = fetch
        self._targets = targets
        self._is_locking = is_locking

    async def read(self, wanted: Wanted) -> State:
        """The state of what is wanted."""
        state = State()
        for noun, ids in wanted.ids.items():
            state.rows[noun] = await self._rows(self._targets[noun].table, wanted.columns.get(noun, []), ids)
        for (noun, by), names in wanted.names.items():
            state.named[noun, by] = await self._named(self._targets[noun].table, by, names)
        if wanted.property_ids:
            state.values = await self._values(_ids(state, self._targets), wanted.property_ids)
        for noun in sorted(wanted.associating):
            state.associations |= await self._associations(_ids(state, {noun: self._targets[noun]}))
        users = [row["id"] for row in state.rows.get(USER, {}).values()]
        state.teams, state.permissions = await self._teams(users), await self._permissions(users)
        return state

    async def _rows(self, table: sa.Table, columns: list[str], ids: set[str]) -> dict[str, dict[str, Any]]:
        always = [name for name in (EXTERNAL_ID, "id", "version") if name in table.c]
        chosen = [table.c[name] for name in dict.fromkeys([*always, *columns])]
        rows = await self._matching(chosen, sorted(ids), is_locking=self._is_locking)
        return {row[0]: dict(row._mapping) for row in rows}

    async def _named(
        self, table: sa.Table, by: str, names: set[str]
    ) -> dict[str, list[tuple[int, str | None]]]:
        column = table.c[naming_column(table, by)]
        found: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        for row in await self._matching([column, table.c.id, table.c.external_id], sorted(names)):
            found[row[0]].append((row[1], row[2]))
        return {name: sorted(things) for name, things in found.items()}

    async def _values(self, ids: list[int], property_ids: set[int]) -> dict[int, dict[int, Cells]]:
        table = tables.property_value
        cells = [table.c[name] for name in VALUE_COLUMNS]
        is_wanted = keys(table.c.property_id, sorted(property_ids))
        found: dict[int, dict[int, Cells]] = defaultdict(dict)
        for row in await self._matching([table.c.record_id, table.c.property_id, *cells], ids, is_wanted):
            found[row[0]][row[1]] = tuple(row[2:])
        return dict(found)

    async def _associations(self, ids: list[int]) -> set[tuple[int, int, int | None]]:
        table = tables.association
        rows = await self._matching([table.c.from_id, table.c.to_id, table.c.label_id], ids)
        return {(row[0], row[1], row[2]) for row in rows}

    async def _teams(self, users: list[int]) -> dict[int, dict[int, bool]]:
        table = tables.team_member
        found: dict[int, dict[int, bool]] = defaultdict(dict)
        for row in await self._matching([table.c.user_id, table.c.team_id, table.c.is_primary], users):
            found[row[0]][row[1]] = row[2]
        return dict(found)

    async def _permissions(self, users: list[int]) -> dict[int, set[str]]:
        table = tables.user_permission
        found: dict[int, set[str]] = defaultdict(set)
        for row in await self._matching([table.c.user_id, table.c.permission], users):
            found[row[0]].add(row[1])
        return dict(found)

    async def _matching(
        self,
        columns: list[sa.Column[Any]],
        wanted: list[Any],
        *where: sa.ColumnElement[bool],
        is_locking: bool = False,
    ) -> list[Any]:
        """The columns of all rows whose first column is one of those wanted."""
        rows: list[Any] = []
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            chunk = wanted[start : start + KEYS_AT_ONCE]
            statement = sa.select(*columns).where(keys(columns[0], chunk), *where)
            rows += await self._fetch(statement.with_for_update() if is_locking else statement)
        return rows


def naming_column(table: sa.Table, by: str) -> str:
    """The column that holds the texts to compare: the folded one where there is one."""
    folded = f"{by}_folded"
    return folded if folded in table.c else by


def _ids(state: State, targets: dict[str, Target]) -> list[int]:
    return [
        row["id"]
        for noun, target in targets.items()
        if target.is_record
        for row in state.rows.get(noun, {}).values()
    ]
