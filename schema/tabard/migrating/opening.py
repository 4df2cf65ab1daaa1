"""Opening: connections past the door, with a reason for a person when there is none to be had."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tabard.errors import DatabaseNotReady


@asynccontextmanager
async def opened(url: sa.URL) -> AsyncIterator[AsyncConnection]:
    """A connection for a look at the database; raises DatabaseNotReady."""
    engine = create_async_engine(url, poolclass=sa.NullPool)
    try:
        connection = await connect(engine)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


async def connect(engine: AsyncEngine) -> AsyncConnection:
    """A connection of the engine; raises DatabaseNotReady, with the reason, when it does not open."""
    try:
        _probe(engine.url)
        return await engine.connect()
    except Exception as error:
        reason = getattr(error, "orig", None) or error
        raise DatabaseNotReady(
            f"the database {engine.url.render_as_string()} cannot be opened: {reason}; {_advice(engine.url)}"
        ) from error


def _advice(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return "check its folder, your rights to it, and the space on its disk"
    return "check its address, that it runs, and the rights of the account"


def _probe(url: sa.URL) -> None:
    """Opens an SQLite file once; the asynchronous driver leaves a thread behind when it cannot."""
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", timeout=0)) as connection:
            connection.execute("PRAGMA schema_version")


def is_there(url: sa.URL) -> bool:
    """Whether there is something to open; looking into an SQLite file that is not there would make it."""
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()
