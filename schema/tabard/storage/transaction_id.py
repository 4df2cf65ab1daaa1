"""The transaction's id: a value that only the database knows, as part of a change."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class TransactionId(sa.ColumnElement[int]):
    """PostgreSQL's id of the transaction that a change is part of.

    It grows from one transaction to the next, and the server tells which is the oldest that runs.
    """

    inherit_cache = True
    type = sa.BigInteger()
    _traverse_internals = []  # noqa: RUF012 (SQLAlchemy's own form)


@compiles(TransactionId, "postgresql")
def _transaction_id(element: TransactionId, compiler: SQLCompiler, **kw: Any) -> str:
    return "pg_current_xact_id()::text::bigint"
