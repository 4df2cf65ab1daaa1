"""Viewer: on whose behalf a request, connection or job runs; made once and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tabard.errors import Forbidden, Unauthenticated
from tabard.plans import PROFESSIONAL, Plan
from tabard.policies import REASONS, SIGN_IN_REQUIRED, Policy

# The record type that stands for customers unless the account chose a custom object.
COMPANY = "company"
# The feature that makes a super admin need a seat for settings, as everybody else does.
SETTINGS_REQUIRE_SEAT = "settings_require_seat"


@dataclass(frozen=True)
class StoredTab:
    """What a workspace has stored for a tab: whether it shows, and the settings that differ."""

    is_visible: bool | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True)
class WorkspaceState:
    """A workspace with all that its tabs have stored, and the account's settings it inherits.

    `account_object` is the key of the record type that stands for customers.
    """

    id: int
    name: str
    description: str | None
    is_default: bool
    version: int
    tabs: Mapping[str, StoredTab]
    account_tabs: Mapping[str, StoredTab]
    account_object: str = COMPANY


@dataclass(frozen=True)
class Viewer:
    """Who asks: portal, user, seat, permissions, teams, language and zone, as read at the start.

    Ids are the application's 63-bit integers. `workspace` is the viewer's own: that of the primary
    team, else the portal's default; None without a portal.
    """

    portal_id: int | None = None
    user_id: int | None = None
    name: str = "Anonymous"
    plan: Plan = PROFESSIONAL
    features: frozenset[str] = frozenset()
    is_super_admin: bool = False
    has_seat: bool = False
    permissions: frozenset[str] = frozenset()
    team_ids: tuple[int, ...] = ()
    primary_team_id: int | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    workspace: WorkspaceState | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether the viewer is a user of a portal."""
        return self.user_id is not None

    @property
    def account_object(self) -> str:
        """The key of the record type that stands for customers."""
        return self.workspace.account_object if self.workspace is not None else COMPANY

    @property
    def needs_seat_for_settings(self) -> bool:
        """Whether the viewer may change settings only with a seat."""
        return not self.is_super_admin or SETTINGS_REQUIRE_SEAT in self.features

    @property
    def today(self) -> date:
        """Today's date where the viewer is."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    def at(self, now: datetime) -> Viewer:
        """The same viewer at another moment."""
        again = object.__new__(Viewer)
        again.__dict__.update(self.__dict__, now=now)
        return again

    def require(self, policy: Policy) -> None:
        """Raises Forbidden (Unauthenticated when nobody is signed in) unless the policy allows."""
        if reason := policy.denial(self):
            raise denied(reason)


def denied(reason: str) -> Forbidden | Unauthenticated:
    """The error for a policy's reason."""
    if reason == SIGN_IN_REQUIRED:
        return Unauthenticated(REASONS[reason], reason=reason)
    return Forbidden(REASONS.get(reason, "You may not use this."), reason=reason)


ANONYMOUS = Viewer()
