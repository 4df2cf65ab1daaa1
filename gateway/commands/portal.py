"""portal: makes accounts, and changes their plans."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from gateway.commands.options import Data, installation

app = typer.Typer(no_args_is_help=True, help="Make portals, that is accounts, and change their plans.")


class Plan(StrEnum):
    """A portal's subscription."""

    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


@app.callback()
def group() -> None:
    """Make portals, that is accounts, and change their plans."""


@app.command()
def create(
    key: Annotated[str, typer.Argument(help="Stable short name: small letters, digits and hyphens.")],
    plan: Annotated[
        Plan, typer.Option(help="Subscription: enterprise has team workspaces, starter has none at all.")
    ],
    name: Annotated[str, typer.Option(help="Name that people read.", show_default="from KEY")] = "",
    time_zone: Annotated[str, typer.Option(help="IANA zone of users who have set none.")] = "UTC",
    locale: Annotated[str, typer.Option(help="Language of users who have set none.")] = "en",
    currency: Annotated[str, typer.Option(help="ISO 4217 code for amounts without one.")] = "EUR",
    admin: Annotated[str, typer.Option(help="Name of the first super admin.")] = "First Admin",
    data: Data = None,
) -> None:
    """Make a portal with default pipelines, a default workspace and a first super admin."""
    import asyncio

    from tabard.portals import NewPortal, create_portal
    from tabard.storage.nodes import leased

    new = NewPortal(key, plan.value.upper(), name, time_zone, locale, currency, admin)
    new.check()

    async def work() -> str:
        async with installation(data).database() as database, leased(database) as new_id:
            return (await create_portal(database, new, new_id)).name

    made = asyncio.run(work())
    typer.echo(f"Made the portal '{key}' ({made}). Its super admin's token:")
    place = "" if data is None else f" --data {shlex.quote(str(data))}"
    typer.echo(f"  tabard token --persona super-admin --portal {key}{place}")


@app.command()
def plan(
    key: Annotated[str, typer.Argument(help="Key of the portal.")],
    plan: Annotated[Plan, typer.Argument(help="Its new subscription.")],
    data: Data = None,
) -> None:
    """Change a portal's plan. Nothing is deleted: what the new plan lacks can be read until it is back."""
    import asyncio

    from tabard.portals import change_plan

    async def work() -> str:
        async with installation(data).database() as database:
            return await change_plan(database, key, plan.value.upper())

    before = asyncio.run(work())
    typer.echo(f"The portal '{key}' is on the plan {plan.value} now; it was on {before.lower()}.")
