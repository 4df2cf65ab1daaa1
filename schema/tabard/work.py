"""Work: one unit of work, that is one transaction on behalf of the viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa

from tabard.entities import entity_of
from tabard.errors import Fault
from tabard.naming import camel, noun_of
from tabard.records import journal
from tabard.storage.ids import decode_global_id
from tabard.storage.row_writes import ROW_ID, adding, amending, inserting, putting
from tabard.storage.statements import Prepared, PreparedWrite, parameter
from tabard.storage.tables import PORTAL_COLUMN
from tabard.storage.transaction import WriteSession
from tabard.storage.violations import violates

if TYPE_CHECKING:
    from tabard.events import EventKind
    from tabard.registry import Registry
    from tabard.viewer import Viewer

T = TypeVar("T")


class FirstRow(Mapping[str, Any]):
    """The first row of columns; its cells are read only where somebody looks at them."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class Work:
    """What a mutation writes with. Everything is committed together, or nothing is.

    A raised Fault rolls back and becomes a `userErrors` entry. `now` is the instant of the change,
    `operation` the mutation's name.
    """

    def __init__(
        self,
        viewer: Viewer,
        session: WriteSession,
        new_id: Callable[[], int],
        now: datetime,
        registry: Registry,
        operation: str | None = None,
    ) -> None:
        self.viewer = viewer
        self.operation = operation
        self.now = now
        self.registry = registry
        self.new_id = new_id
        self._session = session

    async def put(self, table: sa.Table, **values: Any) -> None:
        """Inserts the row with this key, or changes the columns given of the one that is there."""
        check_texts(table, values)
        await self._session.execute(putting(table, tuple(values), self._session.dialect), [values])

    async def add(
        self,
        table: sa.Table,
        unique: Sequence[str] = (),
        where: sa.ColumnElement[bool] | None = None,
        **values: Any,
    ) -> bool:
        """Inserts the row unless its key is taken; says whether it did. Waits for who is inserting it now.

        `unique` are the columns of another unique constraint to go by, without the portal; `where` is the
        condition of a unique index on some of the rows.
        """
        check_texts(table, values)
        key = (PORTAL_COLUMN, *unique) if unique else tuple(column.name for column in table.primary_key)
        statement = adding(table, key, where, self._session.dialect)
        return await self._session.execute(statement, [values]) == 1

    async def insert(self, table: sa.Table, **values: Any) -> int:
        """Inserts a row with a fresh id and returns the id."""
        check_texts(table, values)
        id = self.new_id()
        await self._session.execute(inserting(table), [{"id": id, **values}])
        return id

    async def insert_many(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Inserts rows with the same names, set-wise; rows without `id` get one. Returns the ids in order."""
        has_id = "id" in table.primary_key.columns
        filled = [{"id": row.get("id") or self.new_id(), **row} if has_id else dict(row) for row in rows]
        for row in filled:
            check_texts(table, row)
        if filled:
            await self._session.execute(inserting(table), filled)
        return [row["id"] for row in filled] if has_id else []

    def later(self, statement: PreparedWrite, *rows: Mapping[str, Any]) -> None:
        """Runs a prepared change along with the next statement or the commit, at no step of its own."""
        self._session.later(statement, rows)

    def append(self, table: sa.Table, *rows: Mapping[str, Any]) -> list[int]:
        """Inserts rows with fresh ids along with the next statement or the commit, at no step of their own.

        All have the same names. Returns the ids in order.
        """
        return self._append(inserting(table), table, rows)

    def put_all(self, table: sa.Table, *rows: Mapping[str, Any]) -> None:
        """Puts rows with the same names along with the next statement or the commit, at no step of their own."""
        for row in rows:
            check_texts(table, row)
        if rows:
            self._session.later(putting(table, tuple(rows[0]), self._session.dialect), rows)

    def amend(self, table: sa.Table, id: int, **values: Any) -> None:
        """Changes a row that is there along with the next statement or the commit, at no step of its own."""
        check_texts(table, values)
        self._session.later(amending(table), [{ROW_ID: id, **values}])

    def _append(
        self, statement: PreparedWrite, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> list[int]:
        for row in rows:
            check_texts(table, row)
        filled = [{**row, "id": self.new_id()} for row in rows]
        self._session.later(statement, filled)
        return [row["id"] for row in filled]

    @contextmanager
    def refusing(self, table: sa.Table, faults: Mapping[str, Fault]) -> Iterator[None]:
        """Inside, a violated unique constraint of the table raises the fault given for its name."""
        try:
            yield
        except sa.exc.IntegrityError as error:
            fault = next((fault for name, fault in faults.items() if violates(error, table, name)), None)
            if fault is None:
                raise
            raise fault from error

    async def update(self, table: sa.Table, *where: sa.ColumnElement[bool], **values: Any) -> int:
        """Changes rows of the portal; returns how many."""
        check_texts(table, values)
        return await self._session.execute(sa.update(table).where(*where).values(**values))

    async def delete(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        """Deletes rows of the portal; returns how many."""
        return await self._session.execute(sa.delete(table).where(*where))

    async def fetch(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Reads inside the transaction."""
        return await self._session.fetch(statement)

    async def first(self, statement: Prepared, **values: Any) -> Mapping[str, Any] | None:
        """The first row that a prepared read finds inside the transaction, by name."""
        found = await self._session.read(statement, values)
        return FirstRow(found) if next(iter(found.values())) else None

    async def emit(self, event: EventKind, id: int, changed: Iterable[str] = ()) -> None:
        """Tells subscribers, once this is committed, what happened to the row and which fields changed."""
        self.tell(event.key, event.noun, id, changed)

    def tell(self, kind: str, subject_type: str, subject_id: int | None, changed: Iterable[str]) -> None:
        """Writes an event of any kind; the core's own are not declared by a plugin."""
        row = {
            "kind": kind,
            "subject_type": subject_type,
            "subject_id": subject_id,
            "payload": {"changed": sorted(changed)},
            "at": self.now,
        }
        self._append(journal.new_event[self._session.dialect], journal.outbox_event, [row])
        self._session.has_events = True

    async def find(self, type_: type[T], id: int, path: list[str] | None = None) -> T:
        """The row of a stored type with all its attributes; raises a NOT_FOUND fault."""
        cells = await self._session.read(_by_id(cast(Any, type_)), {"id": id})
        entity = entity_of(type_)
        found: list[T] = entity.objects(list(entity.attributes), cells)
        if not found:
            raise not_found(type_, path)
        return found[0]

    async def find_global(self, type_: type[T], global_id: str, path: list[str] | None = None) -> T:
        """The row that a global id names; raises a NOT_FOUND fault, also for an id of another type."""
        return await self.find(type_, self.decode(type_, global_id, path), path)

    def decode(self, type_: type, global_id: str, path: list[str] | None = None) -> int:
        """The row's id; raises a NOT_FOUND fault for what is no id of this type."""
        decoded = decode_global_id(global_id)
        if decoded is None or decoded[0] != noun_of(type_):
            raise not_found(type_, path)
        return decoded[1]

    async def touch(self, table: sa.Table, id: int, if_version: int | None, **values: Any) -> int:
        """Changes one versioned row; raises a STALE fault when `if_version` is not its version.

        Returns the new version.
        """
        version = int((await self.locked(table, id, if_version))["version"]) + 1
        check_texts(table, values)
        await self._session.execute(amending(table), [{ROW_ID: id, "version": version, **values}])
        return version

    async def locked(
        self, table: sa.Table, id: int, if_version: int | None = None, path: list[str] | None = None
    ) -> Mapping[str, Any]:
        """A row of a table with versions as it is now; nobody else changes it before this is committed.

        Raises a NOT_FOUND fault, and a STALE fault when `if_version` is not its version.
        """
        row = await self.first(_locking(table), id=id)
        if row is None:
            raise _absent(table.name, path)
        if if_version is not None and if_version != row["version"]:
            raise stale(row["version"])
        return row


@lru_cache(maxsize=1_000)
def _locking(table: sa.Table) -> Prepared:
    """Reads the row with an id, and keeps others from changing it."""
    rows = sa.select(table).where(table.c.id == parameter("id", table.c.id.type))
    return Prepared(rows.with_for_update())


@lru_cache(maxsize=1_000)
def _by_id(type_: type) -> Prepared:
    """Reads a row of a stored type with all its attributes."""
    entity = entity_of(type_)
    columns = entity.columns(entity.attributes)
    return Prepared(sa.select(*columns).where(entity.table.c.id == parameter("id", entity.table.c.id.type)))


def check_texts(table: sa.Table, values: Mapping[str, Any]) -> None:
    """Raises a fault for a text that its column cannot hold: SQLite would keep what PostgreSQL refuses."""
    lengths = _lengths(table)
    for name, value in values.items():
        if not isinstance(value, str):
            continue
        length = lengths.get(name)
        if length is not None and len(value) > length:
            problem = f"has {len(value)} characters; at most {length} are kept."
        elif "\x00" in value:
            problem = "holds a NUL character, which cannot be kept."
        else:
            continue
        raise Fault(
            "INVALID", f"The text '{name}' {problem}", reason="text.unfit", path=["input", camel(name)]
        )


@lru_cache(maxsize=1_000)
def _lengths(table: sa.Table) -> dict[str, int | None]:
    """How many characters the columns can hold."""
    return {name: getattr(column.type, "length", None) for name, column in table.c.items()}


def not_found(type_: type, path: list[str] | None) -> Fault:
    """The fault for a thing that is not there or not visible: the same for both."""
    return _absent(noun_of(type_), path)


def _absent(noun: str, path: list[str] | None) -> Fault:
    return Fault("NOT_FOUND", f"There is no such {noun.replace('_', ' ')}; check the id.", path=path)


def stale(version: int) -> Fault:
    """The fault for a change based on an old version."""
    return Fault(
        "STALE",
        "Somebody changed this since it was read; read it again, then repeat the change.",
        path=["input", "ifVersion"],
        current_version=version,
    )
