"""People of the demo: teams with their workspaces, personas and colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tabard.demo.seeder import SeededUser, Seeder
from tabard.demo.words import Words, slug
from tabard.personas import PERSONAS, Persona
from tabard.policies import Permission
from tabard.portals import DEFAULT_WORKSPACE, workspace_row
from tabard.records import tables

TEAMS = ("Onboarding", "Renewals", "EMEA")
WORKSPACES = {
    "Onboarding": "The first weeks of new customers.",
    "Renewals": "Contracts that end soon, and those who decide about them.",
    "EMEA": "Customers in Europe, the Middle East and Africa.",
}
ZONES = (None, "Europe/Berlin", "Europe/Lisbon", "Asia/Tokyo")
LOCALES = (None, "de", "pt", "ja")


@dataclass(frozen=True)
class Person:
    """Somebody to be made a user: their row, primary team and permissions."""

    row: dict[str, Any]
    team: str | None
    permissions: tuple[Permission, ...]


def first_admin(portal: str) -> Persona:
    """The persona who is the first super admin of a portal of the demo."""
    return next(item for item in PERSONAS if item.portal == portal and item.is_super_admin and item.has_seat)


def add_people(seeder: Seeder, words: Words, colleagues: int) -> None:
    """Adds teams and team workspaces, the portal's personas and some colleagues."""
    ids = seeder.add(tables.team, [{"name": name} for name in TEAMS])
    teams = dict(zip(TEAMS, ids, strict=True))
    _add_workspaces(seeder, teams)
    admin = first_admin(seeder.portal.key)
    seeder.users.append(SeededUser(seeder.portal.admin_id, admin.name, admin.key, None))
    others = [item for item in PERSONAS if item.portal == seeder.portal.key and item is not admin]
    for person in [_persona(item) for item in others]:
        _add_person(seeder, person, teams)
    for number in range(colleagues):
        _add_person(seeder, _colleague(words.person(), number), teams)


def _add_workspaces(seeder: Seeder, teams: dict[str, int]) -> None:
    made = seeder.contents.workspaces
    made[DEFAULT_WORKSPACE] = seeder.portal.workspace_id
    if seeder.portal.plan != "ENTERPRISE":
        return
    for slot, (team, description) in enumerate(WORKSPACES.items(), start=1):
        (made[team],) = seeder.add(tables.workspace, [workspace_row(team, slot, seeder.now, description)])
        seeder.add(tables.workspace_team, [{"team_id": teams[team], "workspace_id": made[team]}])


def _persona(persona: Persona) -> Person:
    row = {
        "name": persona.name,
        "is_super_admin": persona.is_super_admin,
        "has_seat": persona.has_seat,
        "locale": persona.locale,
        "persona": persona.key,
    }
    return Person(row, persona.team, persona.permissions)


def _colleague(name: str, number: int) -> Person:
    row = {
        "name": name,
        "is_super_admin": False,
        "has_seat": True,
        "locale": LOCALES[number % len(LOCALES)],
        "time_zone": ZONES[number % len(ZONES)],
    }
    return Person(row, TEAMS[number % len(TEAMS)], (Permission.WORKSPACE,))


def _add_person(seeder: Seeder, person: Person, teams: dict[str, int]) -> None:
    email = f"{slug(person.row['name'])}@{seeder.portal.key}.example"
    row = {**person.row, "email": email, "is_active": True, "created_at": seeder.ago(720)}
    (id_,) = seeder.add(tables.user, [row])
    granted = [{"user_id": id_, "permission": item.value} for item in person.permissions]
    seeder.add(tables.user_permission, granted)
    if person.team is not None:
        member = {"user_id": id_, "team_id": teams[person.team], "is_primary": True}
        seeder.add(tables.team_member, [member])
    seeder.users.append(SeededUser(id_, row["name"], row.get("persona"), person.team))
