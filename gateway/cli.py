"""Command line: `tabard`; what goes wrong becomes one sentence and an exit code."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gateway.commands import (
    assets,
    backup,
    demo,
    documents,
    importing,
    migrate,
    plugins,
    portal,
    schema,
    serve,
    token,
)


class Sentences(TyperGroup):
    """The group of all commands: an error of ours is a sentence on stderr and an exit code, no traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\ntabard: interrupted.", err=True)
            raise typer.Exit(130) from None
        except Exception as error:
            code = exit_code(error)
            if code is None:
                raise
            typer.echo(f"tabard: {error}{said_by_database(error)}", err=True)
            raise typer.Exit(code) from error


def exit_code(error: Exception) -> int | None:
    """The exit code of an error of ours; None for any other, without importing what knows ours."""
    if "tabard.errors" not in sys.modules:
        return None
    from gateway.exits import exit_of
    from tabard.errors import TabardError

    return int(exit_of(error)) if isinstance(error, TabardError) else None


def said_by_database(error: Exception) -> str:
    """The reason that a database gave, which an operator may know and a client may not; else nothing."""
    from tabard.errors import Unavailable

    if not isinstance(error, Unavailable) or error.__cause__ is None:
        return ""
    reason = getattr(error.__cause__, "orig", None) or error.__cause__
    return f" The database says: {str(reason).partition(chr(10))[0].rstrip('.')}."


def print_version(wanted: bool) -> None:
    """Says which version this is, and ends."""
    if wanted:
        typer.echo(f"tabard {metadata.version('tabard')}")
        raise typer.Exit


app = typer.Typer(
    name="tabard",
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def begin(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=print_version, help="Say which version it is."),
    ] = False,
) -> None:
    """Tabard: a GraphQL gateway for customer-success workspaces, assembled from tab plugins."""


app.command()(serve.serve)
app.command()(demo.demo)
app.command()(migrate.migrate)
app.command()(backup.backup)
app.add_typer(portal.app, name="portal")
app.command("import")(importing.import_)
app.command()(schema.schema)
app.add_typer(documents.app, name="documents")
app.command()(plugins.plugins)
app.command()(token.token)
app.add_typer(assets.app, name="assets")


def main() -> None:
    """The console script."""
    app()
