"""Portals: how a new account is made, and found by its key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import list_currencies

from tabard.errors import CommandRefused, NameUnknown
from tabard.plans import PLANS
from tabard.records import tables
from tabard.records.pipelines import DEFAULTS, MadePipeline, add_pipeline
from tabard.storage.batch import Batch
from tabard.storage.database import Database
from tabard.storage.scope import Scope

KEY = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
DEFAULT_WORKSPACE = "Customer Success"
SUPER_ADMIN = "super-admin"


@dataclass(frozen=True)
class NewPortal:
    """A portal to be made; `admin` is the name of its first super admin, found again as `persona`."""

    key: str
    plan: str
    name: str = ""
    time_zone: str = "UTC"
    locale: str = "en"
    currency: str = "EUR"
    admin: str = "First Admin"
    persona: str = SUPER_ADMIN

    def check(self) -> None:
        """Raises CommandRefused for a value that a portal cannot have."""
        if not KEY.fullmatch(self.key):
            raise _unusable("key", self.key, "small letters, digits and hyphens, such as acme-eu")
        if self.plan not in PLANS:
            raise _unusable("plan", self.plan, "starter, professional or enterprise")
        if self.time_zone not in available_timezones():
            raise _unusable("time zone", self.time_zone, "an IANA name, such as Europe/Rome")
        if not _is_locale(self.locale):
            raise _unusable("locale", self.locale, "a BCP 47 tag, such as pt-BR")
        if self.currency not in list_currencies():
            raise _unusable("currency", self.currency, "an ISO 4217 code, such as EUR")


@dataclass(frozen=True)
class MadePortal:
    """A portal that has its rows."""

    id: int
    key: str
    name: str
    plan: str
    time_zone: str
    currency: str
    admin_id: int
    workspace_id: int
    pipelines: dict[str, MadePipeline] = field(default_factory=dict)


async def create_portal(
    database: Database, new: NewPortal, new_id: Callable[[], int], now: datetime | None = None
) -> MadePortal:
    """Makes a portal with its default workspace and pipelines and its first super admin."""
    batch = Batch(new_id)
    made = add_portal(batch, new, new_id(), now or datetime.now(UTC))
    await write_portal(database, made, batch)
    return made


async def write_portal(
    database: Database, made: MadePortal, batch: Batch, on_written: Callable[[int], None] = lambda _: None
) -> None:
    """Writes a new portal with all rows of the batch, or nothing; refuses a key that is taken."""
    try:
        async with database.writing(Scope(made.id)) as session:
            await batch.write(session, on_written)
    except sa.exc.IntegrityError as error:
        if made.key not in await portal_ids(database):
            raise
        raise CommandRefused(
            f"there is a portal with the key '{made.key}' already; choose another key"
        ) from error


def add_portal(batch: Batch, new: NewPortal, id_: int, now: datetime) -> MadePortal:
    """Adds the rows of a new portal."""
    new.check()
    name = new.name or new.key.replace("-", " ").title()
    facts = {"key": new.key, "name": name, "plan": new.plan, "time_zone": new.time_zone}
    rest = {"locale": new.locale, "currency": new.currency, "features": [], "settings_version": 0}
    batch.add(tables.portal, [{**facts, **rest, "created_at": now}])
    (admin_id,) = batch.add(tables.user, [_admin(new, now)])
    (workspace_id,) = batch.add(tables.workspace, [workspace_row(DEFAULT_WORKSPACE, 0, now)])
    pipelines = {pipeline.object_type: add_pipeline(batch, pipeline) for pipeline in DEFAULTS}
    return MadePortal(
        id=id_,
        **facts,
        currency=new.currency,
        admin_id=admin_id,
        workspace_id=workspace_id,
        pipelines=pipelines,
    )


def workspace_row(name: str, slot: int, now: datetime, description: str | None = None) -> dict[str, Any]:
    """A row of a workspace: slot 0 is the default one, 1 to 5 are for teams."""
    return {
        "name": name,
        "description": description,
        "slot": slot,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


async def change_plan(database: Database, key: str, plan: str) -> str:
    """Gives a portal another plan, and says which one it had; raises NameUnknown."""
    id_ = await find_portal(database, key)
    portal = tables.portal.c
    async with database.writing(Scope(id_)) as session:
        rows = await session.fetch(sa.select(portal.plan).with_for_update())
        await session.execute(sa.update(tables.portal).where(portal.id == id_).values(plan=plan))
    return str(rows[0][0])


async def portal_ids(database: Database) -> dict[str, int]:
    """The ids of all portals by their keys."""
    async with database.system("list portals") as connection:
        rows = await connection.execute(
            sa.select(tables.portal.c.key, tables.portal.c.id).order_by(tables.portal.c.key)
        )
        return {row.key: row.id for row in rows}


async def portal_id(database: Database, key: str) -> int | None:
    """The id of the portal with this key; None when there is none."""
    async with database.system("find a portal by its key") as connection:
        found = await connection.scalar(sa.select(tables.portal.c.id).where(tables.portal.c.key == key))
    return None if found is None else int(found)


async def find_portal(database: Database, key: str) -> int:
    """The id of the portal with this key; raises NameUnknown, naming those there are."""
    ids = await portal_ids(database)
    if key not in ids:
        known = f"there are: {', '.join(ids)}" if ids else "there is none; `tabard portal create` makes one"
        raise NameUnknown(f"there is no portal '{key}'; {known}")
    return ids[key]


def _admin(new: NewPortal, now: datetime) -> dict[str, Any]:
    return {
        "name": new.admin,
        "is_super_admin": True,
        "has_seat": True,
        "is_active": True,
        "persona": new.persona,
        "created_at": now,
    }


def _is_locale(tag: str) -> bool:
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _unusable(what: str, value: str, form: str) -> CommandRefused:
    return CommandRefused(f"'{value}' is no {what} of a portal; write {form}")
