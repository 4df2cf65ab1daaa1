"""Migrations: bring a database up to date, back, or say what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from tabard.errors import DatabaseNotReady
from tabard.migrating import security
from tabard.migrating.drafts import Draft
from tabard.migrating.exclusive import Waiting, exclusive
from tabard.migrating.history import History
from tabard.migrating.ledger import applied
from tabard.migrating.migration import Migration
from tabard.migrating.opening import is_there, opened
from tabard.migrating.steps import Choice, Step, take
from tabard.plugin import Plugin
from tabard.storage.urls import database_url

T = TypeVar("T")
Progress = Callable[[Migration], None]


class Migrations:
    """The migrations of the core and these plugins, for one database of either kind."""

    def __init__(self, url: str, plugins: Iterable[Plugin] = (), waiting: Waiting | None = None) -> None:
        self.url = database_url(url)
        self.history = History(plugins)
        self._waiting = waiting or Waiting()

    async def upgrade(self, progress: Progress | None = None) -> list[Migration]:
        """Applies what is pending, each migration in its transaction; returns what this call applied.

        `progress` hears of each one. Raises SchemaNewer, MigrationFailed or DatabaseNotReady.
        """
        self._check_written()
        return await self.apply_written(progress)

    async def apply_written(self, progress: Progress | None = None) -> list[Migration]:
        """As `upgrade`, and lets pass a plugin whose tables have no migration yet."""

        def next_pending(held: Any) -> Step | None:
            pending = self.history.pending(held)
            return Step(pending[0]) if pending else None

        return await self._walk(next_pending, progress)

    async def downgrade(self, target: str, progress: Progress | None = None) -> list[Migration]:
        """Undoes migrations, last first, with the rows that their tables hold; returns what it undid.

        `target` is the revision to go back to, `<plugin>@base` for none of a plugin's, or `base` for none.
        """

        def next_undone(held: Any) -> Step | None:
            undone = self.history.undoing(target, held)
            return Step(undone[0], is_undo=True) if undone else None

        return await self._walk(next_undone, progress)

    async def _walk(self, choose: Choice, progress: Progress | None) -> list[Migration]:
        taken: list[Migration] = []
        async with exclusive(self.url, self._waiting) as connection:
            while step := await connection.run_sync(take, choose):
                taken.append(step.migration)
                if progress is not None:
                    progress(step.migration)
        return taken

    async def applied(self) -> dict[str, str]:
        """The last revision of each plugin that the database holds, installed or not."""
        return await self._read(applied) if is_there(self.url) else {}

    async def pending(self) -> list[Migration]:
        """What the database lacks, in the order it will be applied; raises SchemaNewer."""
        return self.history.pending(await self.applied())

    async def check(self) -> None:
        """Raises DatabaseNotReady when a migration is missing, SchemaNewer when one is not known."""
        self._check_written()
        pending = await self.pending()
        if pending:
            listed = ", ".join(str(migration) for migration in pending)
            raise DatabaseNotReady(
                f"the database lacks {len(pending)} migration(s): {listed}; run `tabard migrate`, then start"
            )

    async def draft(self, plugin: Plugin | None = None) -> Draft:
        """What would still have to change for the tables, or one plugin's, to be as declared."""
        strangers = (await self.applied()).keys() - self.history.chains.keys()
        names = {table.name for table in self.tables}
        ours = names if plugin is None else {table.name for table in tables_of(plugin)}

        def is_compared(name: str) -> bool:
            return name in ours or not (name in names or strangers)

        return await self._read(Draft, self.tables, is_compared)

    async def grant(self, role: str) -> None:
        """Lets a PostgreSQL role that owns nothing serve: it may read and write rows, and nothing else."""
        async with opened(self.url) as connection, connection.begin():
            await connection.run_sync(security.grant, role, self.tables)

    @property
    def tables(self) -> list[sa.Table]:
        """The tables of the core and the plugins, sorted by name."""
        found = {table.name: table for plugin in self.history.plugins for table in tables_of(plugin)}
        return [found[name] for name in sorted(found)]

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        async with opened(self.url) as connection:
            return await connection.run_sync(function, *arguments)

    def _check_written(self) -> None:
        for plugin in self.history.plugins:
            if tables_of(plugin) and not self.history.chains[plugin.name]:
                raise DatabaseNotReady(
                    f"the plugin '{plugin.name}' declares tables and has no migration that creates them; "
                    f'write it with `python -m tabard.migrating.revise {plugin.name} "First tables"`'
                )


def tables_of(plugin: Plugin) -> list[sa.Table]:
    """The tables that a plugin declares."""
    tables = {table.name: table for table in plugin.metadata.tables.values()}
    return list((tables | {name: rules.table for name, rules in plugin.tables.items()}).values())
