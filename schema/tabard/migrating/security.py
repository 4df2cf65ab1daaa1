"""Security: PostgreSQL's row-level security as a second lock behind the door, and the role that it binds."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from alembic import op

from tabard.errors import CommandRefused
from tabard.migrating.ledger import ledger
from tabard.storage.door import TENANT
from tabard.storage.postgres_connections import PORTAL_VARIABLE
from tabard.storage.tables import PORTAL_COLUMN

POLICY: Final = "portal_rows"
_SECURED: Final = sa.text(
    "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
    "WHERE c.relrowsecurity AND p.polname = :policy AND c.relnamespace = current_schema()::regnamespace"
)


def secure(table: str, portal_column: str = PORTAL_COLUMN) -> None:
    """Limits a tenant table to the session's portal; call it in the migration that creates the table.

    The owner of the table is exempt, so it binds servers that connect as a role that owns nothing.
    Does nothing on SQLite.
    """
    if op.get_context().dialect.name != "postgresql":
        return
    quote = op.get_context().dialect.identifier_preparer.quote
    is_ours = f"{quote(portal_column)} = nullif(current_setting('{PORTAL_VARIABLE}', true), '')::bigint"
    op.execute(f"ALTER TABLE {quote(table)} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {POLICY} ON {quote(table)} USING ({is_ours}) WITH CHECK ({is_ours})")


def unsecured(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[sa.Table]:
    """The tenant tables of a PostgreSQL database that row-level security does not guard."""
    if connection.dialect.name != "postgresql":
        return []
    secured = set(connection.execute(_SECURED, {"policy": POLICY}).scalars())
    return [table for table in tables if TENANT in table.info and table.name not in secured]


def grant(connection: sa.Connection, role: str, tables: Iterable[sa.Table]) -> None:
    """Lets a role read and write the rows of the tables, and own nothing."""
    if connection.dialect.name != "postgresql":
        raise CommandRefused("SQLite has no roles; grant on a PostgreSQL database")
    if connection.scalar(sa.text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        raise CommandRefused(f"there is no role '{role}'; make it with CREATE ROLE, then grant again")
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(sorted(quote(table.name) for table in tables))
    schema = quote(connection.scalar(sa.text("SELECT current_schema()")))
    for privilege in (
        f"USAGE ON SCHEMA {schema}",
        f"SELECT ON {quote(ledger.name)}",
        f"SELECT, INSERT, UPDATE, DELETE ON {names}",
    ):
        connection.exec_driver_sql(f"GRANT {privilege} TO {quote(role)}")
