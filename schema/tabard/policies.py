"""Policies: who may use a field, type, mutation or section, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabard.viewer import Viewer

PLAN_REQUIRED = "PLAN_REQUIRED"
SEAT_REQUIRED = "SEAT_REQUIRED"
PERMISSION_REQUIRED = "PERMISSION_REQUIRED"
SUPER_ADMIN_REQUIRED = "SUPER_ADMIN_REQUIRED"
SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED"


class Policy:
    """A rule about the viewer alone; evaluated once an operation, never per row.

    Combine with `&` and `|`. `denial` gives the reason why not, or None when allowed.
    """

    def denial(self, viewer: Viewer) -> str | None:
        raise NotImplementedError(type(self).__name__)

    def describe(self) -> str:
        """The rule in words, for the permission matrix."""
        raise NotImplementedError(type(self).__name__)

    def __and__(self, other: Policy) -> Policy:
        return self if self == other else _All(self, other)

    def __or__(self, other: Policy) -> Policy:
        return self if self == other else _Either(self, other)


@dataclass(frozen=True)
class _All(Policy):
    """Both of two policies; the reason of the first that denies."""

    left: Policy
    right: Policy

    def denial(self, viewer: Viewer) -> str | None:
        return self.left.denial(viewer) or self.right.denial(viewer)

    def describe(self) -> str:
        return f"({self.left.describe()} and {self.right.describe()})"


@dataclass(frozen=True)
class _Either(Policy):
    """Either of two policies; when both deny, the reason of the first."""

    left: Policy
    right: Policy

    def denial(self, viewer: Viewer) -> str | None:
        denial = self.left.denial(viewer)
        return denial and self.right.denial(viewer) and denial

    def describe(self) -> str:
        return f"({self.left.describe()} or {self.right.describe()})"


@dataclass(frozen=True)
class _Public(Policy):
    """Open to anyone, signed in or not."""

    def denial(self, viewer: Viewer) -> str | None:
        return None

    def describe(self) -> str:
        return "anyone"


@dataclass(frozen=True)
class _SignedIn(Policy):
    """Open to every user of the portal."""

    def denial(self, viewer: Viewer) -> str | None:
        return None if viewer.is_signed_in else SIGN_IN_REQUIRED

    def describe(self) -> str:
        return "any user of the portal"


@dataclass(frozen=True)
class _Seat(Policy):
    """Needs an assigned Service seat."""

    def denial(self, viewer: Viewer) -> str | None:
        return _SignedIn().denial(viewer) or (None if viewer.has_seat else SEAT_REQUIRED)

    def describe(self) -> str:
        return "a Service seat"


@dataclass(frozen=True)
class _SuperAdmin(Policy):
    """Needs a super admin."""

    def denial(self, viewer: Viewer) -> str | None:
        return _SignedIn().denial(viewer) or (None if viewer.is_super_admin else SUPER_ADMIN_REQUIRED)

    def describe(self) -> str:
        return "super admin"


@dataclass(frozen=True)
class _WorkspacePlan(Policy):
    """Needs a portal whose plan has the workspace."""

    def denial(self, viewer: Viewer) -> str | None:
        return _SignedIn().denial(viewer) or (None if viewer.plan.has_workspace else PLAN_REQUIRED)

    def describe(self) -> str:
        return "a plan with the workspace"


@dataclass(frozen=True)
class Own(Policy):
    """Rows of which the viewer sees only some: `rule(table, actor_id)` gives the condition.

    The rule is part of the type's table, so every statement that reads the table obeys it.
    """

    rule: Callable[[Any, Any], Any]

    def denial(self, viewer: Viewer) -> str | None:
        return _SignedIn().denial(viewer)

    def describe(self) -> str:
        return "own rows"


class Permission(Policy, Enum):
    """The permissions of a portal, each also the policy that asks for it.

    WORKSPACE takes effect only with a Service seat, also for a super admin. MANAGE_SETTINGS needs the
    seat too, but not for a super admin unless the account says so. Both need a plan with the workspace.
    PARTNER opens the partner dashboard on any plan and without a seat.
    """

    WORKSPACE = "CUSTOMER_SUCCESS_WORKSPACE"
    MANAGE_SETTINGS = "MANAGE_CUSTOMER_SUCCESS_SETTINGS"
    PARTNER = "PARTNER_DASHBOARD"

    def denial(self, viewer: Viewer) -> str | None:
        if not viewer.is_signed_in:
            return SIGN_IN_REQUIRED
        if self is not Permission.PARTNER and not viewer.plan.has_workspace:
            return PLAN_REQUIRED
        if not (viewer.is_super_admin or self.value in viewer.permissions):
            return PERMISSION_REQUIRED
        return None if viewer.has_seat or not self._needs_seat(viewer) else SEAT_REQUIRED

    def _needs_seat(self, viewer: Viewer) -> bool:
        if self is Permission.WORKSPACE:
            return True
        return self is Permission.MANAGE_SETTINGS and viewer.needs_seat_for_settings

    def describe(self) -> str:
        return f"the permission {self.value}"


Public = _Public()
SignedIn = _SignedIn()
Seat = _Seat()
SuperAdmin = _SuperAdmin()
# Summary, and the records it shows, also open to a super admin without a seat.
WorkspaceReader = Permission.WORKSPACE | (SuperAdmin & _WorkspacePlan())

REASONS = {
    PLAN_REQUIRED: "The workspace comes with the plans Professional and Enterprise; this portal has another one.",
    SEAT_REQUIRED: "This needs an assigned Service seat; ask a super admin to assign one.",
    PERMISSION_REQUIRED: "Your user lacks the permission for this; ask a super admin to grant it.",
    SUPER_ADMIN_REQUIRED: "Only a super admin may do this.",
    SIGN_IN_REQUIRED: "Sign in first: send a bearer token in the Authorization header.",
}
