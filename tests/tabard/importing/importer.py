"""An importer for tests: a portal in a real database, a folder to put files in, and what came of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tabard.importing import ImportReport, run_import
from tabard.portals import NewPortal, create_portal
from tabard.records import tables
from tabard.testing import Gateway
from tests.support.databases import bundled

PORTAL = "acme"


@dataclass
class Importer:
    """A portal to import into. `steps` are what the progress was told."""

    gateway: Gateway
    folder: Path
    steps: list[tuple[str, int, int]] = field(default_factory=list)

    def progress(self, step: str, done: int, total: int) -> None:
        """Notes what the progress was told."""
        self.steps.append((step, done, total))

    def write(self, name: str, *lines: str, encoding: str = "utf-8") -> Path:
        """Writes a file of these lines into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
        return path

    async def run(self, mapping: str | Path, source: Path | None = None, **options: Any) -> ImportReport:
        """Imports by a mapping, given as text or as a file."""
        path = mapping
        if isinstance(path, str):
            path = self.folder.parent / "mapping.toml"
            path.write_text(str(mapping), encoding="utf-8")
        graph = self.gateway.graph
        return await run_import(
            graph.database,
            graph.registry,
            graph.new_id,
            portal=options.pop("portal", PORTAL),
            source=source or self.folder,
            mapping_file=path,
            progress=options.pop("progress", self.progress),
            **options,
        )

    async def rows(self, *columns: Any, of: Any = None, where: Any = None) -> list[tuple[Any, ...]]:
        """What the portal holds, in order."""
        statement = sa.select(*columns).order_by(*columns)
        statement = statement if of is None else statement.select_from(of)
        statement = statement if where is None else statement.where(where)
        return await self.gateway.fetch(statement, PORTAL)

    async def count(self, table: sa.Table) -> int:
        """How many rows of a table the portal holds."""
        ((count,),) = await self.gateway.fetch(sa.select(sa.func.count()).select_from(table), PORTAL)
        return int(count)

    async def custom(self, table: sa.Table, key: str, column: str) -> dict[str, Any]:
        """The values of a custom property, by the records' external ids."""
        value, definition = tables.property_value, tables.property_definition
        joined = table.join(value, value.c.record_id == table.c.id).join(
            definition, definition.c.id == value.c.property_id
        )
        rows = await self.rows(table.c.external_id, value.c[column], of=joined, where=definition.c.key == key)
        return {row[0]: row[1] for row in rows}


@asynccontextmanager
async def importing(url: str, folder: Path, **facts: str) -> AsyncIterator[Importer]:
    """An importer on a migrated database, for a new portal."""
    folder.mkdir()  # noqa: ASYNC240 (a test waits for nobody)
    async with Gateway.on(url, *bundled()) as gateway:
        new = NewPortal(PORTAL, "ENTERPRISE", **{"time_zone": "Europe/Rome", "currency": "EUR", **facts})
        await create_portal(gateway.graph.database, new, gateway.graph.new_id)
        yield Importer(gateway, folder)
        assert gateway.graph.database.checked_out == 0, "a connection was not given back"
