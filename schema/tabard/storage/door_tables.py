"""The door's tables: which may be named in a statement, and which of their rows a viewer gets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

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

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
RESERVED: Final = "tabard_"

OwnRule = Callable[[sa.FromClause, sa.BindParameter[Any]], sa.ColumnElement[bool]]


def refuse(what: str, remedy: str) -> NoReturn:
    """Refuses the statement at hand: `what` it does that the door cannot vouch for, and what to do."""
    raise DoorRefusal(f"{what}, so the tenant's door does not let the statement through: {remedy}")


@dataclass(frozen=True, eq=False)
class Admission:
    """A table that statements may name; without a `column` it is public."""

    table: sa.Table
    column: sa.Column[Any] | None
    own: sa.ColumnElement[bool] | None

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """What makes a row of a tenant table the viewer's."""
        if self.column is None:
            raise ValueError(f"the table '{self.table.name}' is public")
        of_portal = self.column == PORTAL
        return of_portal if self.own is None else sa.and_(of_portal, self.own)


class Admissions:
    """The tables of one door, each judged when a statement first names it."""

    def __init__(self, tables: Mapping[str, sa.Table]) -> None:
        self._tables = tables
        self._admitted: dict[sa.Table, Admission] = {}

    def admit(self, table: Any) -> Admission:
        """The table's admission; refuses a table that is not registered or not declared."""
        admission = self._admitted.get(table) if type(table) is sa.Table else None
        if admission is None:
            admission = self._admitted[table] = self._judge(table)
        return admission

    def target(self, table: Any) -> Admission:
        """The admission of a table whose rows are written; refuses what is not a tenant's."""
        if type(table) is not sa.Table:
            refuse(f"it writes to {table!r}", "write to the table itself, not to an alias or a join")
        admission = self.admit(table)
        if admission.column is None:
            refuse(f"it writes to the public table '{table.name}'", "all portals share it; use a system scope")
        return admission

    def check_name(self, name: str) -> None:
        """Refuses the name of a table for something else that rows come from."""
        if any(name.casefold() == known.casefold() for known in self._tables):
            refuse(f"it gives another source of rows the table name '{name}'", "choose a name no table has")

    def _judge(self, table: Any) -> Admission:
        name = getattr(table, "name", table)
        if type(table) is not sa.Table or self._tables.get(table.key) is not table:
            refuse(f"it names '{name}', which is no registered table", "use the Table object made at assembly")
        is_public = table.info.get(PUBLIC) is True
        if is_public == (TENANT in table.info):
            refuse(f"the table '{name}' is declared neither tenant nor public, or both", "declare one of them")
        if table.schema is not None:
            refuse(f"the table '{name}' names the schema '{table.schema}'", "make it without a schema")
        for column in table.columns:
            _check_column(column)
        return Admission(table, None, None) if is_public else _admit_tenant(table)


def _admit_tenant(table: sa.Table) -> Admission:
    column = table.columns.get(table.info[TENANT])
    if column is None or column.onupdate is not None:
        refuse(
            f"the table '{table.name}' has no plain portal column '{table.info[TENANT]}'",
            "name a column that is never updated",
        )
    rule: OwnRule | None = table.info.get(OWN)
    return Admission(table, column, rule(table, ACTOR) if rule else None)


def _check_column(column: sa.Column[Any]) -> None:
    if not IDENTIFIER.fullmatch(column.key) or column.key.startswith(RESERVED):
        refuse(f"the column '{column}' has the key '{column.key}'", "use letters, digits and underscores")
    for default in (column.default, column.onupdate):
        if default is not None and not (default.is_scalar or default.is_callable):
            refuse(f"the default of the column '{column}' is an expression", "give a value or a function")
