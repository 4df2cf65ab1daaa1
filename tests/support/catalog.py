"""What a database says of its own tables, to compare databases by."""

from typing import Any, Final

import sqlalchemy as sa

_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname,
       pg_get_expr(d.adbin, d.adrelid), a.attidentity
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
_CONSTRAINTS: Final = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
"""
_INDEXES: Final = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
_POLICIES: Final = (
    "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
)


def catalog(connection: sa.Connection, *, policies: bool = True) -> dict[str, list[Any]]:
    """Columns, constraints, indexes and policies in a comparable form."""
    if connection.dialect.name == "postgresql":
        queries = {"columns": _COLUMNS, "constraints": _CONSTRAINTS, "indexes": _INDEXES}
        queries |= {"policies": _POLICIES} if policies else {}
        return {kind: sorted(map(repr, connection.exec_driver_sql(query))) for kind, query in queries.items()}
    inspector = sa.inspect(connection)
    return {name: _sqlite_table(inspector, name) for name in sorted(inspector.get_table_names())}


def _sqlite_table(inspector: sa.Inspector, name: str) -> list[Any]:
    columns = [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)]
    rest = (
        inspector.get_indexes(name),
        inspector.get_unique_constraints(name),
        inspector.get_foreign_keys(name),
        inspector.get_check_constraints(name),
    )
    constraints = sorted(repr(_plain(item)) for kind in rest for item in kind)
    return [*map(repr, columns), repr(inspector.get_pk_constraint(name)), *constraints]


def _plain(item: Any) -> dict[str, Any]:
    options = {key: str(value) for key, value in item.get("dialect_options", {}).items()}
    return {**item, "dialect_options": options}
