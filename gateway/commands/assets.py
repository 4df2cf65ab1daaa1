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
    from gateway.data import DataFolder

    configuration = installation().configuration
    if configuration.assets.absolute().is_relative_to(configuration.data.absolute()):
        # Made here, it would be open to all who may look at the page's files.
        DataFolder(configuration.data).prepare()
    assets = Assets(configuration.assets)
    if assets.is_current:
        typer.echo(f"GraphiQL is up to date in {assets.built}.")
        return
    assets.build(typer.echo)
    typer.echo(f"GraphiQL is built in {assets.built}.")
