"""Server: either of the two that are compared, in a process of its own: `python -m benchmarks server KIND FILE`."""

from __future__ import annotations

import asyncio
import pickle
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from benchmarks.floor_app import Floor
from benchmarks.floor_databases import Postgres, Sqlite
from benchmarks.portal import Place
from benchmarks.recording import Recording
from gateway.loop import run
from gateway.server import settle


@dataclass(frozen=True)
class Job:
    """What both servers are told."""

    place: Place
    recordings: dict[str, tuple[str, Recording, dict[str, Any]]]
    token_secret: bytes
    cursor_scope: str


def floor(job: Job) -> Floor:
    """The floor's application."""
    url = sa.make_url(job.place.url)
    database = (
        Sqlite(str(url.database))
        if url.get_backend_name() == "sqlite"
        else Postgres(url.get_dialect()().create_connect_args(url)[1])
    )
    secrets = (job.token_secret, job.place.cursor_secret)
    return Floor(database, job.recordings, secrets, job.cursor_scope)


async def serve(app: Any, listener: socket.socket) -> None:
    """Serves until a signal ends it; the port is printed once it listens."""
    configuration = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    print(listener.getsockname()[1], flush=True)
    await uvicorn.Server(configuration).serve(sockets=[listener])


def main() -> None:
    """Serves the kind that is asked for."""
    kind, file = sys.argv[1:]
    # The file is the benchmark's own.
    job: Job = pickle.loads(Path(file).read_bytes())
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    async def work() -> None:
        if kind == "floor":
            await serve(floor(job), listener)
            return
        service = job.place.service()
        await service.open()
        await asyncio.sleep(0)
        settle()
        await serve(service.app(), listener)

    run(work)


if __name__ == "__main__":
    main()
