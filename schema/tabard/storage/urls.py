"""URLs: the address of a database, as operators write it and as our drivers take it."""

from __future__ import annotations

import inspect
from typing import Final

import asyncpg
import sqlalchemy as sa

from tabard.errors import ConfigurationInvalid

FORM: Final = "write sqlite:///path/to/file.db or postgresql://user@host/name"
DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    # As hosts of databases still hand it out.
    "postgres": "postgresql+asyncpg",
}
# What PostgreSQL's own library calls it, and what the driver does.
RENAMED: Final = {"sslmode": "ssl"}
PARAMETERS: Final = {*inspect.signature(asyncpg.connect).parameters, "prepared_statement_cache_size"}


def database_url(text: str) -> sa.URL:
    """The URL with our drivers: a path or `sqlite:///…`, or `postgresql://…`; raises ConfigurationInvalid."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise ConfigurationInvalid(f"the database's URL cannot be read; {FORM}") from error
    backend = url.get_backend_name()
    if backend not in DRIVERS:
        raise ConfigurationInvalid(f"Tabard runs on SQLite and PostgreSQL, not on {backend}; {FORM}")
    if backend == "sqlite":
        return _file(url)
    return url.set(drivername=DRIVERS[backend], query=_parameters(url))


def _file(url: sa.URL) -> sa.URL:
    if url.database in (None, "", ":memory:"):
        raise ConfigurationInvalid("Tabard's SQLite database is a file; write sqlite:///path/to/file.db")
    return url.set(drivername=DRIVERS["sqlite"])


def _parameters(url: sa.URL) -> dict[str, str | tuple[str, ...]]:
    """What follows the question mark, by the driver's names."""
    named = {RENAMED.get(name, name): value for name, value in url.query.items()}
    if unknown := sorted(named.keys() - PARAMETERS):
        raise ConfigurationInvalid(
            f"the database's URL has the parameter '{unknown[0]}', which the driver does not know; remove it"
        )
    return named
