"""People: the rights and the team memberships of imported users."""

from dataclasses import dataclass, field
from typing import Any

from tabard.importing.batches import Batch, deletes, inserts
from tabard.importing.entries import Entry
from tabard.importing.lookups import Role
from tabard.importing.state import State
from tabard.policies import Permission
from tabard.records import tables

DEFAULT_PERMISSIONS = frozenset({Permission.WORKSPACE.value})
_PRIMARY = {Role.PRIMARY_TEAM: True, Role.EXTRA_TEAM: False}


def seat_of(entries: list[Entry]) -> bool | None:
    """Whether the user gets a seat; None when no import says."""
    said = [entry.import_.rights.has_seat for entry in entries if entry.import_.rights.has_seat is not None]
    return any(said) if said else None


@dataclass
class People:
    """The memberships and permissions to write, gathered user by user."""

    state: State
    gone: list[dict[str, Any]] = field(default_factory=list)
    joined: list[dict[str, Any]] = field(default_factory=list)
    granted: list[dict[str, Any]] = field(default_factory=list)

    def add(self, user_id: int, entries: list[Entry], *, is_new: bool) -> bool:
        """Enters a user; says whether anything changes."""
        changes = [self._permit(user_id, entries, is_new=is_new), self._place(user_id, entries)]
        return any(changes)

    def _permit(self, user_id: int, entries: list[Entry], *, is_new: bool) -> bool:
        """Grants what the mapping says, and nothing that somebody may have taken away since."""
        said = [entry.import_.rights.permissions for entry in entries]
        told = frozenset[str]().union(*(names for names in said if names is not None))
        if is_new and all(names is None for names in said):
            told = DEFAULT_PERMISSIONS
        missing = sorted(told - self.state.permissions.get(user_id, set()))
        self.granted += [{"user_id": user_id, "permission": name} for name in missing]
        return bool(missing)

    def _place(self, user_id: int, entries: list[Entry]) -> bool:
        """Puts the user into the teams that the rows say; a kind of membership that none says stays."""
        told = {lookup.role for entry in entries for lookup in entry.import_.lookups}
        kept = {_PRIMARY[role] for role in _PRIMARY if role not in told}
        current = self.state.teams.get(user_id, {})
        wanted = {team: is_primary for team, is_primary in current.items() if is_primary in kept}
        for role in (Role.EXTRA_TEAM, Role.PRIMARY_TEAM):
            wanted |= dict.fromkeys(_ids(entries, role), _PRIMARY[role])
        gone = [team for team, is_primary in current.items() if wanted.get(team) is not is_primary]
        joined = [team for team, is_primary in wanted.items() if current.get(team) is not is_primary]
        self.gone += [{"user_id": user_id, "team_id": team} for team in gone]
        self.joined += [{"user_id": user_id, "team_id": team, "is_primary": wanted[team]} for team in joined]
        return bool(gone or joined)

    def batches(self) -> list[Batch]:
        """What is written."""
        return [
            *inserts("permissions", tables.user_permission, self.granted),
            *deletes("team members", tables.team_member, ("user_id", "team_id"), self.gone),
            *inserts("team members", tables.team_member, self.joined),
        ]


def _ids(entries: list[Entry], role: Role) -> list[int]:
    found = (
        reference for entry in entries for reference in entry.references if reference.lookup.role is role
    )
    return [reference.id for reference in found if reference.id is not None]
