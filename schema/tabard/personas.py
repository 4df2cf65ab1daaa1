"""Personas: users that stand for a kind of user, and how one is found in the database."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from tabard.errors import CommandRefused, NameUnknown
from tabard.policies import Permission
from tabard.portals import SUPER_ADMIN, find_portal
from tabard.records import tables
from tabard.storage.database import Database

DEMO_PORTAL, OTHER_PORTAL = "demo", "other"
EXTERNAL = "user:"


@dataclass(frozen=True)
class Persona:
    """A kind of user of the demo: what they are called, may do, and so get to see."""

    key: str
    name: str
    sees: str
    permissions: tuple[Permission, ...] = ()
    has_seat: bool = False
    is_super_admin: bool = False
    team: str | None = None
    locale: str | None = None
    portal: str = DEMO_PORTAL


PERSONAS = (
    Persona(
        SUPER_ADMIN,
        "Ada Sommer",
        "everything, in the account's default workspace; may change all settings",
        has_seat=True,
        is_super_admin=True,
    ),
    Persona(
        "super-admin-no-seat",
        "Bruno Keller",
        "records and settings; every tab that needs a seat is forbidden",
        is_super_admin=True,
    ),
    Persona(
        "manager",
        "Carla Duarte",
        "the workspace of the Renewals team; may change settings",
        permissions=(Permission.WORKSPACE, Permission.MANAGE_SETTINGS),
        has_seat=True,
        team="Renewals",
        locale="pt",
    ),
    Persona(
        "csm",
        "Dario Conti",
        "the workspace of the Onboarding team, and the customers that are his",
        permissions=(Permission.WORKSPACE,),
        has_seat=True,
        team="Onboarding",
        locale="it",
    ),
    Persona(
        "csm-no-seat",
        "Emi Tanaka",
        "her name; every tab and record is forbidden, because a seat is missing",
        permissions=(Permission.WORKSPACE,),
        team="EMEA",
        locale="ja",
    ),
    Persona("outsider", "Finn Albrecht", "his name; everything else is forbidden", locale="de"),
    Persona(
        "partner",
        "Greta Nilsen",
        "her name; has the permission for the partner dashboard, and for nothing else",
        permissions=(Permission.PARTNER,),
    ),
    Persona(
        "other-portal-admin",
        "Hana Novak",
        "everything of a second portal, and nothing of this one",
        has_seat=True,
        is_super_admin=True,
        portal=OTHER_PORTAL,
    ),
)


@dataclass(frozen=True)
class FoundUser:
    """An active user of a portal."""

    portal_id: int
    portal_key: str
    user_id: int
    name: str
    persona: str | None


async def find_user(database: Database, persona: str, portal: str | None = None) -> FoundUser:
    """The user who is `persona`, or whose external id follows `user:`.

    Without a portal the demo's own comes first. Raises NameUnknown, naming the personas there are, or
    CommandRefused when several portals have one.
    """
    if portal is not None:
        await find_portal(database, portal)
    found = await _users(database, _is(persona), portal)
    demo = [user for user in found if user.portal_key == DEMO_PORTAL]
    if len(found) == 1 or demo:
        return (demo or found)[0]
    if not found:
        raise NameUnknown(await _unknown(database, persona, portal))
    keys = ", ".join(sorted({user.portal_key for user in found}))
    raise CommandRefused(f"several users are '{persona}', in {keys}; choose a portal with --portal")


async def find_personas(database: Database) -> list[FoundUser]:
    """All active users who stand for a kind of user, in whichever portal."""
    return await _users(database, tables.user.c.persona.is_not(None))


async def _users(
    database: Database, wanted: sa.ColumnElement[bool], portal: str | None = None
) -> list[FoundUser]:
    user, account = tables.user, tables.portal
    statement = (
        sa.select(account.c.id, account.c.key, user.c.id, user.c.name, user.c.persona)
        .join(user, user.c.portal_id == account.c.id)
        .where(wanted, user.c.is_active.is_(True))
        .order_by(account.c.key, user.c.id)
    )
    if portal is not None:
        statement = statement.where(account.c.key == portal)
    async with database.system("find a persona's user") as connection:
        return [FoundUser(*row) for row in await connection.execute(statement)]


def _is(persona: str) -> sa.ColumnElement[bool]:
    user = tables.user
    if persona.startswith(EXTERNAL):
        return user.c.external_id == persona.removeprefix(EXTERNAL)
    return user.c.persona == persona


async def _unknown(database: Database, persona: str, portal: str | None) -> str:
    user, account = tables.user, tables.portal
    statement = (
        sa.select(user.c.persona)
        .join(account, account.c.id == user.c.portal_id)
        .where(user.c.persona.is_not(None), user.c.is_active.is_(True))
        .distinct()
        .order_by(user.c.persona)
    )
    if portal is not None:
        statement = statement.where(account.c.key == portal)
    async with database.system("list personas") as connection:
        known = list(await connection.scalars(statement))
    where = f"in the portal '{portal}'" if portal else "in this database"
    listed = f"there are: {', '.join(known)}" if known else "there is none; `tabard demo` makes them"
    imported = f"; write {EXTERNAL}EXTERNAL-ID for an imported user"
    return f"no user {where} is '{persona}'; {listed}{imported}"
