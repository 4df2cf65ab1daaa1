"""documents: makes the manifest of trusted documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.options import installation

app = typer.Typer(help="Look after trusted documents.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder with one operation in each .graphql file.")]
Output = Annotated[Path, typer.Option("--output", metavar="FILE", help="Manifest to write.")]


@app.command()
def build(folder: Folder = Path("schema/operations"), output: Output = Path("documents.json")) -> None:
    """Check the documents of a folder, and write the manifest by which clients name them."""
    from gateway.documents.documents import Documents
    from gateway.documents.manifest import written
    from gateway.documents.trusting import trusted_operations

    place = installation()
    documents = Documents(place.schema.graphql_schema, place.configuration.limits, is_development=True)
    operations = trusted_operations(folder, documents)
    output.write_bytes(written(operations))
    for operation in operations:
        typer.echo(f"sha256:{operation.hash} {operation.name}")
    typer.echo(f"{output} holds {len(operations)} trusted documents.", err=True)
