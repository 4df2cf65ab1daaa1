"""schema: prints the contract."""

from __future__ import annotations

import typer

from gateway.commands.options import installation


def schema() -> None:
    """Print the schema of Tabard and its plugins, sorted."""
    from tabard.assembly import sdl

    typer.echo(sdl(installation().schema), nl=False)
