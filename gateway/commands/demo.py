"""demo: a portal full of data, on this machine, with a token for everybody in it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Data, installation

if TYPE_CHECKING:
    from gateway.commands.welcome import Welcome
    from gateway.serving import Service

LOOPBACK = "127.0.0.1"


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on loopback; 0 takes a free one.")
    ] = 8000,
    data: Data = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over with a new database.")] = False,
) -> None:
    """Serve a demo portal on this machine: makes the database and its data at the first start."""
    typer.echo(f"Tabard {version('tabard')} is getting ready …")
    from gateway.address import shown, taken
    from gateway.commands.welcome import Welcome
    from gateway.loop import run
    from gateway.server import serve
    from gateway.serving import Service

    place = installation(
        data, database_url=None, host=LOOPBACK, port=port, development=True, row_level_security=False
    )
    listener = taken(LOOPBACK, port)
    welcome = Welcome()

    async def work() -> None:
        service = Service(place)

        async def begin() -> None:
            await place.migrations.upgrade(welcome.migrated)
            await service.open()
            await load(service, welcome)
            welcome.greet(service, shown(listener), await welcome.guests(service))

        try:
            await serve(service, listener, begin)
        finally:
            await service.close()

    with listener:
        place.folder.prepare()
        if fresh:
            place.folder.clear()
        run(work)


async def load(service: Service, welcome: Welcome) -> None:
    """Makes the portals of the demo that are missing."""
    from tabard.demo.loading import Demo

    demo = Demo(service.database, service.installation.host, service.lease)
    for plan in await demo.missing():
        with welcome.loading(plan.portal.name) as on_progress:
            await demo.load(plan, on_progress)
