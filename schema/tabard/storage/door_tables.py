"""The door's tables: which may be named in a statement, and which of their rows a viewer gets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

import sqlalchemy as sa

from tabard.errors import DoorRefusal

TENANT: Final = "tabard.tenant"
"""Key in `Table.info`: the name of the column that holds a row's portal."""
PUBLIC: Final = "tabard.public"
"""Key in `Table.info`: true for a table without portals, which all may read and none may write."""
OWN: Final = "tabard.own"
"""Key in `Table.info`: a rule `(table, actor) -> condition` where each user sees only some rows."""

PORTAL_KEY: Final = "tabard_portal"
ACTOR_KEY: Final = "tabard_actor"
PORTAL: Final = sa.bindparam(PORTAL_KEY, type_=sa.BigInteger(), required=True)
"""The viewer's portal; its value comes with the execution."""
ACTOR: Final = sa.bindparam(ACTOR_KEY, type_=sa.BigInteger(), required=True)
"""The viewer's user; its value comes with the execution."""

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}", re.ASCII)
RESERVED: Final = "tabard_"
SYSTEM_NAMES: Final = ("sqlite_", "pg_")

OwnRule = Callable[[sa.FromClause, sa.BindParameter[Any]], sa.ColumnElement[bool]]


class TableSet(Protocol):
    """What names tables: a MetaData, or a registry of several."""

    @property
    def tables(self) -> Mapping[str, sa.Table]: ...


def refuse(what: str, remedy: str) -> NoReturn:
    """Refuses the statement at hand: `what` it does that the door cannot vouch for, and what to do."""
    raise DoorRefusal(f"{what}, so the tenant's door does not let the statement through: {remedy}")


@dataclass(frozen=True, eq=False)
class TenantRows:
    """A table of tenants: the column of the portal, and the rule for own rows if it has one."""

    table: sa.Table
    column: sa.Column[Any]
    own: sa.ColumnElement[bool] | None

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """What makes a row the viewer's."""
        of_portal = self.column == PORTAL
        return of_portal if self.own is None else sa.and_(of_portal, self.own)


class Admissions:
    """The tables of one door, each judged when a statement first names it."""

    def __init__(self, known: TableSet) -> None:
        self._known = known
        self._admitted: dict[sa.Table, TenantRows | None] = {}
        self.typed: set[sa.Table] = set()
        """The tables whose columns' types have been checked for the door's dialect."""

    def admit(self, table: Any) -> TenantRows | None:
        """The tenant's rows of a table, None for a public one; refuses every other table."""
        if type(table) is not sa.Table or self._known.tables.get(table.name) is not table:
            refuse(f"it names {_name(table)}, which is no registered table", "use the Table made at assembly")
        if table not in self._admitted:
            self._admitted[table] = self._judge(table)
        return self._admitted[table]

    def target(self, table: Any) -> TenantRows:
        """The tenant's rows of a table that is written to."""
        rows = self.admit(table)
        if rows is None:
            refuse(
                f"it writes to the public table {_name(table)}", "use a system scope: all portals share it"
            )
        return rows

    def check_name(self, name: str) -> None:
        """Refuses the name of a table for something else that rows come from."""
        if any(name.casefold() == known.casefold() for known in self._known.tables):
            refuse(f"it calls other rows '{name}', which is a table", "choose a name that no table has")

    def _judge(self, table: sa.Table) -> TenantRows | None:
        is_public = table.info.get(PUBLIC) is True
        if is_public == (TENANT in table.info):
            refuse(f"{_name(table)} is not declared tenant or public, or both", "declare one of them")
        if table.schema is not None or table.name.casefold().startswith(SYSTEM_NAMES):
            refuse(f"{_name(table)} lies outside the gateway's own tables", "use a table of the gateway")
        _check_distinct(table, [column.name for column in table.columns])
        _check_distinct(
            table, [name for name in self._known.tables if name.casefold() == table.name.casefold()]
        )
        for column in table.columns:
            _check_column(column)
        return None if is_public else _tenant_rows(table)


def _name(table: Any) -> str:
    return f"'{table.name}'" if isinstance(table, sa.Table) else f"a {type(table).__name__}"


def _tenant_rows(table: sa.Table) -> TenantRows:
    column = table.columns.get(table.info[TENANT])
    if column is None or column.onupdate is not None:
        refuse(f"{_name(table)} has no portal column that is never updated", "name one in its info")
    rule: OwnRule | None = table.info.get(OWN)
    return TenantRows(table, column, rule(table, ACTOR) if rule else None)


def _check_distinct(table: sa.Table, names: list[str]) -> None:
    if len({name.casefold() for name in names}) < len(names):
        refuse(f"{_name(table)} has names that differ only by case: {', '.join(names)}", "rename one of them")


def _check_column(column: sa.Column[Any]) -> None:
    if (
        type(column) is not sa.Column
        or not IDENTIFIER.fullmatch(column.key)
        or column.key.startswith(RESERVED)
    ):
        refuse(
            f"the column '{column}' is not a plain one", "name a Column by letters, digits and underscores"
        )
    for default in (column.default, column.onupdate):
        if default is not None and not (default.is_scalar or default.is_callable):
            refuse(f"the default of the column '{column}' is an expression", "give a value or a function")
