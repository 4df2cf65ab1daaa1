"""People: the portal, its users and teams, and the viewer."""

import enum

import strawberry

from tabard.core import core
from tabard.nouns.node import Node, Record
from tabard.policies import Permission, Public, SignedIn
from tabard.reader import Reader
from tabard.reads.related import Via
from tabard.records import tables
from tabard.scalars import CurrencyCode, Locale, TimeZone
from tabard.viewer import Viewer


@strawberry.enum(description="A permission of the portal.")
class PermissionName(enum.Enum):
    CUSTOMER_SUCCESS_WORKSPACE = strawberry.enum_value(
        Permission.WORKSPACE.value, description="Use the workspace; takes effect with a Service seat."
    )
    MANAGE_CUSTOMER_SUCCESS_SETTINGS = strawberry.enum_value(
        Permission.MANAGE_SETTINGS.value, description="Manage workspaces, their settings and shared views."
    )
    PARTNER_DASHBOARD = strawberry.enum_value(
        Permission.PARTNER.value, description="See the partner dashboard; needs no seat."
    )


@strawberry.enum(description="The portal's subscription.")
class Plan(enum.Enum):
    STARTER = strawberry.enum_value("STARTER", description="No workspace; what was made before is kept.")
    PROFESSIONAL = strawberry.enum_value("PROFESSIONAL", description="The workspace, one for everybody.")
    ENTERPRISE = strawberry.enum_value("ENTERPRISE", description="Team workspaces and custom objects too.")


@strawberry.type(
    description="An account: the company that uses Tabard. Nothing crosses from one portal to another."
)
class Portal(Node):
    key: str = strawberry.field(description="Stable short name, unique among portals.")
    name: str = strawberry.field(description="The portal's name.")
    plan: Plan = strawberry.field(description="The subscription; team workspaces need ENTERPRISE.")
    time_zone: TimeZone = strawberry.field(description="The zone of users who have set none.")
    locale: Locale = strawberry.field(description="The language of users who have set none.")
    currency: CurrencyCode = strawberry.field(description="The currency of amounts entered without one.")
    features: list[str] = strawberry.field(description="Keys of the features the account has opted into.")


@strawberry.type(description="A team of the portal. A user has at most one primary team.")
class Team(Node):
    name: str = strawberry.field(description="The team's name.")


@strawberry.type(description="A person who works in the portal.")
class User(Node):
    name: str = strawberry.field(description="The user's full name.")
    email: str | None = strawberry.field(description="The user's e-mail address; null when unknown.")
    has_seat: bool = strawberry.field(description="Whether a Service seat is assigned.")
    is_super_admin: bool = strawberry.field(description="Whether the user is a super admin.")
    is_active: bool = strawberry.field(description="Whether the user may sign in.")
    external_id: str | None = strawberry.field(
        description="The user's id in the system they were imported from."
    )


@strawberry.type(
    name="Viewer", description="Who is asking: the user of the bearer token, with what they may do."
)
class ViewerType:
    user_id: strawberry.Private[int]
    portal_id: strawberry.Private[int]
    viewer: strawberry.Private[Viewer]
    name: str = strawberry.field(description="The user's full name.")
    is_super_admin: bool = strawberry.field(description="Whether the viewer is a super admin.")
    has_service_seat: bool = strawberry.field(description="Whether a Service seat is assigned to the viewer.")
    time_zone: TimeZone = strawberry.field(description="The zone that days are counted in for the viewer.")
    locale: Locale = strawberry.field(
        description="The language labels are in, unless a query asks for another."
    )

    @strawberry.field(description="The permissions that take effect for the viewer, seat considered.")
    def permissions(self) -> list[PermissionName]:
        return [PermissionName[item.value] for item in Permission if item.denial(self.viewer) is None]


core.store(Portal, tables.portal)
core.store(Team, tables.team)
core.store(User, tables.user)
core.narrow(Portal, SignedIn)
core.narrow(ViewerType, SignedIn)

core.one(
    ViewerType,
    "portal",
    to=Portal,
    key="portal_id",
    description="The portal the viewer works in.",
    policy=SignedIn,
)
core.one(Record, "owner", to=User, key="owner_id", description="The user responsible; null when nobody is.")
core.one(ViewerType, "user", to=User, key="user_id", description="The viewer as a user of the portal.")
core.many(
    User,
    "teams",
    to=Team,
    via=Via(tables.team_member, "user_id", "team_id"),
    order="name",
    description="All teams the user is in, primary and extra.",
)
core.many(
    Team,
    "members",
    to=User,
    via=Via(tables.team_member, "team_id", "user_id"),
    order="name",
    description="The users in the team, primary and extra.",
)


@core.query(description="Who is asking; null without a valid token.", policy=Public)
async def viewer(reader: Reader) -> ViewerType | None:
    return _shown(reader.viewer) if reader.viewer.is_signed_in else None


def _shown(viewer: Viewer) -> ViewerType:
    assert viewer.user_id is not None, "only a signed-in viewer is shown"
    assert viewer.portal_id is not None, "a signed-in viewer has a portal"
    return ViewerType(
        user_id=viewer.user_id,
        portal_id=viewer.portal_id,
        viewer=viewer,
        name=viewer.name,
        is_super_admin=viewer.is_super_admin,
        has_service_seat=viewer.has_seat,
        time_zone=TimeZone(viewer.time_zone),
        locale=Locale(viewer.locale),
    )
