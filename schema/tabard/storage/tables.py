"""Tables: how tenant tables are made, and the registry of all that an assembled graph may touch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tabard.columns import Identifier
from tabard.storage.door import OWN, PUBLIC, TENANT

PORTAL_COLUMN = "portal_id"


def tenant_table(
    name: str,
    metadata: sa.MetaData,
    *columns: sa.schema.SchemaItem,
    key: Iterable[str] = ("id",),
    parents: dict[str, sa.Table] | None = None,
    cascade: Iterable[str] = (),
    own: Any = None,
) -> sa.Table:
    """A table of a portal's rows: primary key `(portal_id, *key)`, composite foreign keys to `parents`.

    `parents` maps a column to the table whose `id` it holds, so that a reference to another portal
    cannot be stored. Columns named in `cascade` delete the row with its parent. `own` is a rule
    `(table, actor) -> condition` for rows of which each user sees only some.
    """
    id_column = [sa.Column("id", Identifier, nullable=False, autoincrement=False)] if "id" in key else []
    info = {TENANT: PORTAL_COLUMN} | ({OWN: own} if own else {})
    return sa.Table(
        name,
        metadata,
        sa.Column(PORTAL_COLUMN, Identifier, nullable=False, autoincrement=False),
        *id_column,
        *(item for item in columns if isinstance(item, sa.Column)),
        *(item for item in columns if not isinstance(item, sa.Column)),
        sa.PrimaryKeyConstraint(PORTAL_COLUMN, *key, name=f"{name}_pkey"),
        *_references(name, parents or {}, set(cascade)),
        info=info,
    )


def _references(name: str, parents: dict[str, sa.Table], cascade: set[str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [PORTAL_COLUMN, column],
            [parent.c.portal_id, parent.c.id],
            name=f"{name}_{column}_fkey",
            ondelete="CASCADE" if column in cascade else None,
        )
        for column, parent in parents.items()
    ]


def public_table(name: str, metadata: sa.MetaData, *columns: sa.schema.SchemaItem) -> sa.Table:
    """A table without a tenant, readable by everyone."""
    return sa.Table(name, metadata, *columns, info={PUBLIC: True})


@dataclass
class Tables:
    """All tables the door knows, by name; what is not in here is refused."""

    tables: dict[str, sa.Table] = field(default_factory=dict)

    def add(self, table: sa.Table) -> None:
        self.tables[table.name] = table

    @property
    def tenant(self) -> list[sa.Table]:
        """The tables whose rows belong to a portal, sorted by name."""
        return [table for _, table in sorted(self.tables.items()) if TENANT in table.info]
