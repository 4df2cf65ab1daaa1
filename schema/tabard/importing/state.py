"""State: what the portal holds already of all that an import makes or refers to."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa

from tabard.importing.fields import Cells
from tabard.importing.targets import EXTERNAL_ID, USER, Target
from tabard.records import tables
from tabard.storage.keys import keys

Fetch = Callable[[sa.Select[Any]], Awaitable[Sequence[sa.Row[Any]]]]

KEYS_AT_ONCE = 5000
VALUE_COLUMNS = ("text_value", "text_folded", "number_value", "currency", "date_value", "instant_value", "user_id")


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
        always = [name for name in ("id", EXTERNAL_ID, "version") if name in table.c]
        chosen = [table.c[name] for name in dict.fromkeys([*always, *columns])]
        found = {}
        for some in _chunks(sorted(ids)):
            statement = sa.select(*chosen).where(keys(table.c.external_id, some))
            for row in await self._fetch(statement.with_for_update() if self._is_locking else statement):
                found[row.external_id] = dict(row._mapping)
        return found

    async def _named(self, table: sa.Table, by: str, names: set[str]) -> dict[str, list[tuple[int, str | None]]]:
        column = table.c[naming_column(table, by)]
        found: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        for some in _chunks(sorted(names)):
            statement = sa.select(column, table.c.id, table.c.external_id).where(keys(column, some))
            for name, id_, external_id in await self._fetch(statement.order_by(table.c.id)):
                found[name].append((id_, external_id))
        return dict(found)

    async def _values(self, ids: list[int], property_ids: set[int]) -> dict[int, dict[int, Cells]]:
        value = tables.property_value
        cells = [value.c[name] for name in VALUE_COLUMNS]
        found: dict[int, dict[int, Cells]] = defaultdict(dict)
        for some in _chunks(ids):
            statement = sa.select(value.c.record_id, value.c.property_id, *cells)
            chosen = keys(value.c.record_id, some), keys(value.c.property_id, sorted(property_ids))
            for record_id, property_id, *row in await self._fetch(statement.where(*chosen)):
                found[record_id][property_id] = tuple(row)
        return dict(found)

    async def _associations(self, ids: list[int]) -> set[tuple[int, int, int | None]]:
        table = tables.association
        found: set[tuple[int, int, int | None]] = set()
        for some in _chunks(ids):
            statement = sa.select(table.c.from_id, table.c.to_id, table.c.label_id)
            found |= {tuple(row) for row in await self._fetch(statement.where(keys(table.c.from_id, some)))}
        return found

    async def _teams(self, users: list[int]) -> dict[int, dict[int, bool]]:
        table = tables.team_member
        found: dict[int, dict[int, bool]] = defaultdict(dict)
        for some in _chunks(users):
            statement = sa.select(table.c.user_id, table.c.team_id, table.c.is_primary)
            for user_id, team_id, is_primary in await self._fetch(statement.where(keys(table.c.user_id, some))):
                found[user_id][team_id] = is_primary
        return dict(found)

    async def _permissions(self, users: list[int]) -> dict[int, set[str]]:
        table = tables.user_permission
        found: dict[int, set[str]] = defaultdict(set)
        for some in _chunks(users):
            statement = sa.select(table.c.user_id, table.c.permission).where(keys(table.c.user_id, some))
            for user_id, permission in await self._fetch(statement):
                found[user_id].add(permission)
        return dict(found)


def naming_column(table: sa.Table, by: str) -> str:
    """The column that holds the texts to compare: the folded one where there is one."""
    folded = f"{by}_folded"
    return folded if folded in table.c else by


def _ids(state: State, targets: dict[str, Target]) -> list[int]:
    return [
        row["id"] for noun, target in targets.items() if target.is_record for row in state.rows.get(noun, {}).values()
    ]


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, KEYS_AT_ONCE)):
        yield chunk
