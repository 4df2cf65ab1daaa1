"""Portal features: what a super admin switches on or off for the whole account."""

from typing import Annotated

import sqlalchemy as sa
import strawberry

from tabard.core import core
from tabard.errors import Fault
from tabard.nouns.people import Portal
from tabard.policies import SuperAdmin
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.viewer import SETTINGS_REQUIRE_SEAT
from tabard.work import Work

BETA = "customer_success_beta"
FEATURES = (BETA, SETTINGS_REQUIRE_SEAT)

Feature = Annotated[
    str, strawberry.argument(description=f"The feature: {' or '.join(f'`{name}`' for name in FEATURES)}.")
]
IsOn = Annotated[bool, strawberry.argument(description="Whether the account is to have it.")]


@core.mutation(
    description="Switches a feature on or off: `customer_success_beta` opts the account into the beta, "
    "`settings_require_seat` makes super admins need a Service seat for settings and team workspaces.",
    policy=SuperAdmin,
)
async def portal_feature_set(work: Work, feature: Feature, is_on: IsOn) -> Portal:
    if feature not in FEATURES:
        raise Fault(
            "NOT_FOUND",
            f"There is no feature '{feature}'; write one of {', '.join(FEATURES)}.",
            reason="portal.feature",
            path=["input", "feature"],
        )
    portal_id = work.viewer.portal_id
    assert portal_id is not None, "the policy lets only users of a portal in"
    portal = tables.portal.c
    rows = await work.fetch(sa.select(portal.features).where(portal.id == portal_id).with_for_update())
    before = rows[0][0]
    after = sorted({*before, feature} if is_on else {*before} - {feature})
    if after != before:
        await work.update(tables.portal, portal.id == portal_id, features=after)
        write_entry(work, "portal.changed", "portal", portal_id, {"features": [before, after]})
    return await work.find(Portal, portal_id)
