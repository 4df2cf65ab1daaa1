"""import: CSV files into a portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Data, installation

if TYPE_CHECKING:
    from tabard.importing import ImportReport, Progress

REASONS_SHOWN = 20


def import_(
    source: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the CSV files, or a mended file of rejected rows."),
    ],
    mapping: Annotated[
        Path, typer.Option(metavar="FILE", help="What the columns mean; docs/operators/import.md tells how.")
    ],
    portal: Annotated[str, typer.Option(metavar="KEY", help="The portal that gets the rows.")],
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write bad rows here and import the rest; without it, all or nothing."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Import CSV files into a portal; a second import updates what the first has made."""
    import asyncio

    from tabard.importing import run_import
    from tabard.portals import find_portal
    from tabard.storage.nodes import leased

    place = installation(data)

    async def work(progress: Progress) -> ImportReport:
        async with place.database() as database, leased(database) as new_id:
            await find_portal(database, portal)
            return await run_import(
                database,
                place.schema.registry,
                new_id,
                portal=portal,
                source=source,
                mapping_file=mapping,
                rejects=rejects,
                progress=progress,
            )

    with progress_bar() as progress:
        report = asyncio.run(work(progress))
    typer.echo(str(report))
    for reason in report.reasons[:REASONS_SHOWN]:
        typer.echo(f"  rejected: {reason}", err=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for the step at hand, on a terminal; elsewhere nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)
