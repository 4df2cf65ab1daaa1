"""Ledger: the table in which a database keeps the last migration of each plugin."""

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from tabard.columns import Instant, Label

ledger: Final = sa.Table(
    "migration",
    sa.MetaData(),
    sa.Column("plugin", Label(63), primary_key=True),
    sa.Column("revision", Label(127), nullable=False),
    sa.Column("applied_at", Instant, nullable=False),
)


def applied(connection: sa.Connection) -> dict[str, str]:
    """The last revision of each plugin that the database holds; empty for a database that holds nothing."""
    if not sa.inspect(connection).has_table(ledger.name):
        return {}
    return {row.plugin: row.revision for row in connection.execute(sa.select(ledger))}


def record(connection: sa.Connection, plugin: str, revision: str | None) -> None:
    """Notes the revision that a plugin's tables are at now; None for no tables."""
    ledger.create(connection, checkfirst=True)
    connection.execute(sa.delete(ledger).where(ledger.c.plugin == plugin))
    if revision is not None:
        row = {"plugin": plugin, "revision": revision, "applied_at": datetime.now(UTC)}
        connection.execute(sa.insert(ledger), row)
