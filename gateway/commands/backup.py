"""backup: copies an SQLite database while it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.importing import progress_bar
from gateway.commands.options import Data, installation


def backup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must not exist.")],
    data: Data = None,
) -> None:
    """Copy the SQLite database and the secret key into a new folder, while servers go on."""
    from gateway.backup import back_up
    from gateway.data import SECRET
    from tabard.errors import BackupFailed
    from tabard.storage.urls import database_url

    place = installation(data)
    url = database_url(place.database_url)
    if url.get_backend_name() != "sqlite":
        raise BackupFailed(
            "a PostgreSQL database is backed up by `pg_dump`; docs/operators/backups.md tells how"
        )
    with progress_bar() as progress:
        back_up(
            Path(str(url.database)).absolute(),
            place.folder.path / SECRET,
            target,
            lambda done, total: progress("Copying", done, total),
        )
    typer.echo(f"{target} holds the database as it was; `tabard serve --data {target}` serves it.")
