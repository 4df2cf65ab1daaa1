"""migrate: brings the database up to date."""

from __future__ import annotations

import typer

from gateway.commands.options import Data, installation


def migrate(data: Data = None) -> None:
    """Bring the database up to the tables of Tabard and its plugins."""
    import asyncio

    target = installation(data)
    if target.is_embedded:
        target.folder.prepare()
    applied = asyncio.run(target.migrations.upgrade(lambda migration: typer.echo(f"applied {migration}")))
    typer.echo(f"The database is up to date; {len(applied)} migration(s) applied.")
