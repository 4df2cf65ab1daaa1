"""Options that several commands share."""

from __future__ import annotations

import logging
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
        help="Folder with the database and the secret key; without it $TABARD_DATA, else data.",
        show_default=False,
    ),
]


def installation(data: Path | None = None, *, is_server: bool = False, **chosen: Any) -> Installation:
    """What the environment configures; a data folder that is named wins over a configured database.

    A server logs what it does; the other commands log only what goes wrong.
    """
    from gateway.configuration import configured
    from gateway.installation import Installation
    from gateway.logs import configure_logs

    named = {} if data is None else {"data": data, "database_url": None}
    configuration = configured(**{**named, **chosen})
    configure_logs(
        logging.INFO if is_server else logging.WARNING,
        shows_messages=configuration.log_messages or configuration.development or not is_server,
    )
    return Installation(configuration)
