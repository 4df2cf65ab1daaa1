"""The tenant's door: makes an engine through which statements reach only the viewer's rows.

A table says in its `info` whose rows it holds (`TENANT`, `PUBLIC`, `OWN`). Each execution passes the
viewer's portal and user as the parameters `PORTAL_KEY` and `ACTOR_KEY`; the compiled text is the same
for all viewers. What cannot be proven to stay within the portal is refused with `DoorRefusal`.
"""

import re
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tabard.errors import DoorRefusal
from tabard.storage.door_compiler import DoorCompiler, DoorPreparer
from tabard.storage.door_tables import (
    ACTOR,
    ACTOR_KEY,
    OWN,
    PORTAL,
    PORTAL_KEY,
    PUBLIC,
    TENANT,
    Admissions,
    TableSet,
)

__all__ = [
    "ACTOR", "ACTOR_KEY", "OWN", "PORTAL", "PORTAL_KEY", "PUBLIC", "TENANT", "DoorRefusal", "install_door",
]  # fmt: skip

TRANSACTION_CONTROL = re.compile(r"BEGIN( [A-Z ]+)?|COMMIT|ROLLBACK", re.ASCII)


def install_door(engine: sa.Engine | AsyncEngine, known: TableSet) -> None:
    """Puts the door on an engine: from now on it compiles and executes only what the door lets through.

    `known.tables` are all that a statement may name, by identity; those added later count too. An
    engine without the door is the system scope's.
    """
    engine = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    dialect: Any = engine.dialect
    is_guarded = isinstance(dialect.identifier_preparer, DoorPreparer)
    if is_guarded:
        raise ValueError(f"{engine!r} has a door already; install one door on each engine")
    compiler = (DoorCompiler, dialect.statement_compiler)
    preparer: Any = type("TenantPreparer", (DoorPreparer, type(dialect.identifier_preparer)), {})
    dialect.statement_compiler = type("TenantCompiler", compiler, {"admissions": Admissions(known)})
    dialect.ddl_compiler = _refuse_ddl
    dialect.identifier_preparer = preparer(dialect)
    engine.clear_compiled_cache()
    sa.event.listen(engine, "before_cursor_execute", _refuse_bypass)


def _refuse_ddl(dialect: sa.Dialect, statement: Any, **kwargs: Any) -> NoReturn:
    kind = type(statement).__name__
    raise DoorRefusal(f"{kind} refused: tables are not changed through the tenant's door; write a migration")


def _refuse_bypass(connection: sa.Connection, cursor: Any, statement: str, *execution: Any) -> None:
    """Refuses text that the connection's own door has not compiled: raw SQL, and foreign caches."""
    _, context, _ = execution
    compiled = getattr(context, "compiled", None)
    is_ours = isinstance(compiled, DoorCompiler) and compiled.dialect is connection.dialect
    if not is_ours and not TRANSACTION_CONTROL.fullmatch(statement):
        raise DoorRefusal(
            "RAW SQL refused: the tenant's door has not compiled it; "
            "execute a statement, or use a system scope"
        )
