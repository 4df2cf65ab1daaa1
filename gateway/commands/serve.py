"""serve: the server for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Data, installation

if TYPE_CHECKING:
    from gateway.serving import Service


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", show_default="8000")] = None,
    data: Data = None,
) -> None:
    """Serve the graph; settings come from TABARD_… variables."""
    from gateway.address import shown, taken
    from gateway.loop import run
    from gateway.server import serve as serve_until_signal
    from gateway.serving import Service

    chosen = {"host": host, "port": port}
    place = installation(
        data, is_server=True, **{name: value for name, value in chosen.items() if value is not None}
    )
    listener = taken(place.configuration.host, place.configuration.port)

    async def work() -> None:
        service = Service(place)

        async def begin() -> None:
            await service.open()
            announce(service, shown(listener))

        try:
            await serve_until_signal(service, listener, begin)
        finally:
            await service.close()

    with listener:
        run(work)


def announce(service: Service, address: str) -> None:
    """Says what is served, and loudly what must not face the world."""
    import structlog

    log = structlog.get_logger("gateway.serve")
    log.info(
        "serving",
        address=f"{address}/graphql",
        plugins=[item.name for item in service.installation.host.plugins],
    )
    configuration = service.installation.configuration
    if configuration.development:
        log.warning(
            "DEVELOPMENT MODE: demo tokens open every portal of this database; never expose this port"
        )
    elif not configuration.issuers:
        log.warning("no token issuer is configured: every caller is anonymous")
