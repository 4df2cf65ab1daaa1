"""token: a bearer token for development."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.commands.options import Data, installation


def token(
    persona: Annotated[
        str, typer.Option(metavar="NAME", help="Such as super-admin or csm, or user:EXTERNAL-ID.")
    ],
    portal: Annotated[
        str | None, typer.Option(metavar="KEY", help="Portal of the user, where several have one.")
    ] = None,
    data: Data = None,
) -> None:
    """Print a bearer token for a user; a server accepts it only in development, on this machine."""
    import asyncio

    from gateway.identity.demo_tokens import DemoTokens
    from gateway.identity.identity import Identity
    from gateway.serving import DEMO_TOKENS
    from tabard.personas import find_user

    place = installation(data)

    async def work() -> str:
        async with place.database() as database:
            user = await find_user(database, persona, portal)
        return DemoTokens(place.secret(DEMO_TOKENS)).issue(Identity(user.portal_id, user.user_id))

    typer.echo(asyncio.run(work()))
