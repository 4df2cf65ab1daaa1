"""assets: what the query page is built of."""

from __future__ import annotations

import typer

from gateway.commands.options import installation

app = typer.Typer(no_args_is_help=True, help="Build what the query page is made of.")


@app.callback()
def group() -> None:
    """Build what the query page is made of."""


@app.command()
def build() -> None:
    """Build GraphiQL for /graphiql from npm packages; needs Node.js, and does nothing when all is built."""
    from gateway.assets import Assets

    assets = Assets(installation().configuration.assets)
    if assets.is_current:
        typer.echo(f"GraphiQL is up to date in {assets.built}.")
        return
    assets.build(typer.echo)
    typer.echo(f"GraphiQL is built in {assets.built}.")
