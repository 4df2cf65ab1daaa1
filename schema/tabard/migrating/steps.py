"""Steps: one migration up or down, in a transaction of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tabard.errors import MigrationFailed, StartError
from tabard.migrating.ledger import applied, ledger, record
from tabard.migrating.migration import Migration

OPTIONS: Final[dict[str, Any]] = {"transactional_ddl": True, "version_table": ledger.name}


@dataclass(frozen=True)
class Step:
    """A migration to apply, or to undo."""

    migration: Migration
    is_undo: bool = False

    def run(self) -> None:
        """Changes the tables."""
        (self.migration.downgrade if self.is_undo else self.migration.upgrade)()

    @property
    def outcome(self) -> str | None:
        """The revision that the plugin's tables are at afterwards."""
        return self.migration.previous if self.is_undo else self.migration.revision


Choice = Callable[[Mapping[str, str]], Step | None]


def take(connection: sa.Connection, choose: Choice) -> Step | None:
    """Takes the step that is chosen for what the database holds; None when there is none to take.

    What the database holds is read in the step's own transaction, so whoever comes second sees the
    step taken, and a process that is killed leaves a whole number of steps.
    """
    context = MigrationContext.configure(connection, opts=OPTIONS)
    step = None
    try:
        with context.begin_transaction():
            step = choose(applied(connection))
            if step is not None:
                with Operations.context(context):
                    _run(connection, step)
    except StartError:
        raise
    except Exception as error:
        if step is None:
            raise
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise MigrationFailed(
            f"the migration {step.migration} failed and was rolled back: {reason}; those before it stand, "
            "so mend the cause and migrate again"
        ) from error
    return step


def _run(connection: sa.Connection, step: Step) -> None:
    step.run()
    record(connection, step.migration.plugin, step.outcome)
    _check_references(connection)


def _check_references(connection: sa.Connection) -> None:
    """SQLite checks no foreign keys while a table is rebuilt; so it does before the commit."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ValueError(
            f"row {broken[1]} of '{broken[0]}' would refer to a row of '{broken[2]}' that is gone"
        )
