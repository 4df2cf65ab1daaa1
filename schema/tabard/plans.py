"""Plans: the subscriptions of portals, and what comes with each."""

from __future__ import annotations

from dataclasses import dataclass

from tabard.errors import Fault


@dataclass(frozen=True)
class Plan:
    """A portal's subscription. What a portal made while it had more is kept and can still be read."""

    key: str
    has_workspace: bool = True
    has_team_workspaces: bool = False
    has_custom_objects: bool = False


STARTER = Plan("STARTER", has_workspace=False)
PROFESSIONAL = Plan("PROFESSIONAL")
ENTERPRISE = Plan("ENTERPRISE", has_team_workspaces=True, has_custom_objects=True)
PLANS = {plan.key: plan for plan in (STARTER, PROFESSIONAL, ENTERPRISE)}


def enterprise_required(what: str, path: list[str]) -> Fault:
    """The fault for a change that the portal's plan does not allow."""
    return Fault(
        "FORBIDDEN",
        f"{what} come with the Enterprise plan; this portal has another one, so they can only be read.",
        reason="plan.enterprise_required",
        path=path,
    )
