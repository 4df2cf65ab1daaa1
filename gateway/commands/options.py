"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.installation import Installation

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder with the database and the secret key [default: $TABARD_DATA or data].",
        show_default=False,
    ),
]


def installation(data: Path | None, **chosen: Any) -> Installation:
    """What the environment configures; a data folder that is named wins over a configured database."""
    from gateway.configuration import configured
    from gateway.installation import Installation

    named = {} if data is None else {"data": data, "database_url": None}
    return Installation(configured(**named, **chosen))
