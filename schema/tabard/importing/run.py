"""An import from beginning to end: everything is checked first, then written in one short transaction."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tabard.errors import ImportRefused, RowsRefused
from tabard.importing.catalogue import read_catalogue
from tabard.importing.document import Document
from tabard.importing.drafts import Drafts
from tabard.importing.entries import EntryReader
from tabard.importing.files import Progress
from tabard.importing.folder import Folder
from tabard.importing.lookups import Role
from tabard.importing.mapping import Mapping, read_mapping
from tabard.importing.plan import Plan, Planner, assign_ids, columns_of
from tabard.importing.rejections import Rejections
from tabard.importing.rejects import Rejected, write_rejects
from tabard.importing.report import ImportReport
from tabard.importing.resolution import Resolver, wanted_of
from tabard.importing.state import State, StateReader, Wanted
from tabard.importing.targets import all_targets
from tabard.importing.writer import Writer
from tabard.registry import Registry
from tabard.storage.database import Database
from tabard.storage.scope import Scope


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


async def run_import(
    database: Database,
    registry: Registry,
    new_id: Callable[[], int],
    *,
    portal: str,
    source: Path,
    mapping_file: Path,
    rejects: Path | None = None,
    progress: Progress = silent,
    now: datetime | None = None,
) -> ImportReport:
    """Imports the CSV files of a folder into the portal with the key `portal`, as the mapping file says.

    `source` is the folder, or a file of rejected rows that an earlier import wrote. With `rejects` bad rows
    go to that file and the rest is imported; without, a bad row means that nothing is. Raises ImportRefused.
    """
    document = Document(mapping_file)
    folder = Folder(source)
    catalogue = await read_catalogue(database, portal, new_id)
    mapping = read_mapping(document, all_targets(registry), catalogue, folder)
    _check_rejects(rejects, mapping_file, folder, mapping)
    job = _Import(database, mapping, progress, now or datetime.now(UTC))
    job.read()
    await job.check()
    reasons = job.rejections.reasons(list(mapping.files))
    if reasons and rejects is None:
        raise RowsRefused(reasons, len(job.rejections), job.rows)
    plan = job.plan()
    if rejects is not None:
        write_rejects(rejects, job.rejected())
    await job.write(plan)
    return ImportReport(
        portal, job.rows, plan.tallies, plan.associations, len(job.rejections), tuple(reasons), rejects
    )


def _check_rejects(rejects: Path | None, mapping_file: Path, folder: Folder, mapping: Mapping) -> None:
    taken = [mapping_file, *(folder.path / name for name in mapping.files)]
    if rejects is not None and rejects.resolve() in [path.resolve() for path in taken]:
        raise ImportRefused(f"{rejects} is read by the import; choose another file for the rejected rows")


class _Import:
    """One import on its way."""

    def __init__(self, database: Database, mapping: Mapping, progress: Progress, now: datetime) -> None:
        self._database = database
        self._mapping = mapping
        self._progress = progress
        self._now = now
        self._wanted = Wanted(columns_of(mapping))
        self._state = State()
        self.rejections = Rejections()
        self._drafts = Drafts(self.rejections)
        self.rows = 0

    def read(self) -> None:
        """Reads all files."""
        reader = EntryReader(self._mapping, self.rejections, self._progress)
        for entry in reader.read():
            self._drafts.add(entry)
        self.rows = reader.rows

    async def check(self) -> None:
        """Looks up what is stored, and resolves all references."""
        self._progress("Checking", 0, 1)
        self._want()
        session = self._database.reading(Scope(self._mapping.catalogue.portal_id))
        try:
            self._state = await StateReader(session.fetch, self._mapping.targets).read(self._wanted)
        finally:
            await session.close()
        self._resolver = Resolver(self._drafts, self._state, self._mapping.targets, self.rejections)
        self._resolver.resolve()
        self._progress("Checking", 1, 1)

    def _want(self) -> None:
        wanted_of(self._drafts, self._mapping.targets, self._wanted)
        for import_ in self._mapping.imports:
            ids = (field.property_id for field in import_.fields)
            self._wanted.property_ids |= {id_ for id_ in ids if id_ is not None}
            for lookup in import_.lookups:
                if lookup.role is Role.ASSOCIATION:
                    self._wanted.associating.add(
                        import_.target.noun if import_.target else import_.lookups[0].noun
                    )

    def plan(self) -> Plan:
        """What is to be written."""
        assign_ids(self._drafts, self.rejections, self._mapping.catalogue.new_id)
        self._resolver.assign()
        return Planner(self._mapping, self._state, self.rejections, self._now).plan(self._drafts)

    def rejected(self) -> list[Rejected]:
        """The bad rows, file by file."""
        return [
            Rejected(row, file.header, self.rejections.faults[row])
            for name, file in self._mapping.files.items()
            for row in self.rejections.of(name)
        ]

    async def write(self, plan: Plan) -> None:
        """Writes it."""
        catalogue = self._mapping.catalogue
        writer = Writer(self._database, catalogue.portal_id, self._mapping.targets, self._progress)
        await writer.write(plan.batches, self._wanted, self._state)
