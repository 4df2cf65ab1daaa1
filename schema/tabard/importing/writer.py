"""The writer: one transaction with all the batches, if the portal is still as it was when they were planned."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import structlog

from tabard.errors import ImportRefused
from tabard.importing.batches import Batch
from tabard.importing.files import Progress
from tabard.importing.state import State, StateReader, Wanted
from tabard.importing.targets import Target
from tabard.records import tables
from tabard.storage.database import Database
from tabard.storage.scope import Scope
from tabard.storage.transaction import WriteSession

log = structlog.get_logger("tabard.importing")

ROWS_AT_ONCE = 1000
_CHANGED = (
    "somebody changed the portal while the import was prepared, so nothing was written; "
    "run the same command again"
)


class Writer:
    """Writes a plan for one portal."""

    def __init__(
        self, database: Database, portal_id: int, targets: dict[str, Target], progress: Progress
    ) -> None:
        self._database = database
        self._scope = Scope(portal_id)
        self._targets = targets
        self._progress = progress

    async def write(self, batches: list[Batch], wanted: Wanted, state: State) -> None:
        """Commits all batches, or nothing: raises ImportRefused when what is stored is no longer `state`."""
        try:
            async with self._database.writing(self._scope) as session:
                await session.fetch(sa.select(tables.portal.c.id).with_for_update())
                found = await StateReader(session.fetch, self._targets, is_locking=True).read(wanted)
                if found != state:
                    raise ImportRefused(_CHANGED)
                await self._run(session, batches)
        except sa.exc.IntegrityError as error:
            log.warning("import conflicts with what is stored", error=str(error.orig))
            raise ImportRefused(_CHANGED) from error

    async def _run(self, session: WriteSession, batches: list[Batch]) -> None:
        total = sum(len(batch.rows) for batch in batches)
        done = 0
        for batch in batches:
            for rows in _chunks(batch.rows):
                self._progress(f"Writing {batch.step}", done, total)
                await session.execute(batch.statement, rows)
                done += len(rows)
        self._progress("Writing", total, total)


def _chunks(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
