"""The tenant's door: makes an engine through which statements reach only the viewer's rows.

A table says in its `info` whose rows it holds (`TENANT`, `PUBLIC`, `OWN`). Each execution passes the
viewer's portal and user as the parameters `PORTAL_KEY` and `ACTOR_KEY`; the compiled text is the same
for all viewers. What cannot be proven to stay within the portal is refused with `DoorRefusal`.
"""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tabard.errors import DoorRefusal
from tabard.storage.door_compiler import DoorCompiler, DoorPreparer
from tabard.storage.door_tables import ACTOR, ACTOR_KEY, OWN, PORTAL, PORTAL_KEY, PUBLIC, TENANT, Admissions

__all__ = [
    "ACTOR", "ACTOR_KEY", "OWN", "PORTAL", "PORTAL_KEY", "PUBLIC", "TENANT", "DoorRefusal", "install_door",
]  # fmt: skip

TRANSACTION_CONTROL = re.compile(
    r"(BEGIN( DEFERRED| IMMEDIATE)?|COMMIT|ROLLBACK|SET LOCAL statement_timeout = \d+)", re.ASCII
)


def install_door(engine: sa.Engine | AsyncEngine, tables: sa.MetaData | Mapping[str, sa.Table]) -> None:
    """Puts the door on an engine: from now on it compiles and executes only what the door lets through.

    `tables` are all that a statement may name, by identity. An engine without the door is the
    system scope's.
    """
    engine = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    admissions = Admissions(tables.tables if isinstance(tables, sa.MetaData) else tables)
    dialect: Any = engine.dialect
    compiler = type("TenantCompiler", (DoorCompiler, dialect.statement_compiler), {"admissions": admissions})
    preparer = type("TenantPreparer", (DoorPreparer, type(dialect.identifier_preparer)), {})
    dialect.statement_compiler = compiler
    dialect.ddl_compiler = _refuse_ddl
    dialect.identifier_preparer = preparer(dialect)
    engine.clear_compiled_cache()
    sa.event.listen(engine, "before_cursor_execute", _refuse_bypass)


def _refuse_ddl(dialect: sa.Dialect, statement: Any, **kwargs: Any) -> NoReturn:
    raise DoorRefusal(
        f"{type(statement).__name__} refused: tables are not changed through the tenant's door; write a migration"
    )


def _refuse_bypass(
    connection: sa.Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    compiled = getattr(context, "compiled", None)
    is_ours = isinstance(compiled, DoorCompiler) and compiled.dialect is connection.dialect
    if not is_ours and not TRANSACTION_CONTROL.fullmatch(statement):
        raise DoorRefusal(
            "RAW SQL refused: the text was not compiled by the tenant's door; "
            "execute a statement, or use a system scope"
        )
