"""Viewers: who asks, with seat, permissions, teams, workspace and tab settings, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

import orjson
import sqlalchemy as sa

from tabard.columns import Identifier, Label
from tabard.plans import PLANS
from tabard.reader import Columns
from tabard.records import tables
from tabard.storage.compiled import CompiledRead
from tabard.storage.database import Database
from tabard.storage.scope import Scope
from tabard.storage.session import Found, ReadSession
from tabard.storage.statements import Prepared, parameter
from tabard.viewer import COMPANY, StoredTab, Viewer, WorkspaceState

ID: Final = "id"
USER: Final = "known_user"
# How many viewers are remembered by what their rows say.
KEPT: Final = 2_000
NOTHING_STORED: Final[Mapping[str, StoredTab]] = MappingProxyType({})


@dataclass(frozen=True)
class KnownBy:
    """A user who is named by something else than the id; an e-mail address of several names nobody."""

    by: Literal["external_id", "email"]
    value: str


def _user_id(by: str) -> Any:
    """The user's id, as a part of a statement that is told who it is about."""
    if by == ID:
        return parameter(USER, Identifier())
    user, value = tables.user, parameter(USER, Label(255))
    if by == "external_id":
        return sa.select(user.c.id).where(user.c.external_id == value).scalar_subquery()
    return (
        sa.select(sa.func.min(user.c.id))
        .where(user.c.email == value, user.c.is_active.is_(True))
        .having(sa.func.count() == 1)
        .scalar_subquery()
    )


def stored_tabs() -> list[sa.ColumnElement[Any]]:
    """The columns from which `workspace_state` builds workspaces: one row a stored tab."""
    workspace, setting = tables.workspace, tables.tab_setting
    return [
        workspace.c.id.label("workspace_id"),
        workspace.c.name.label("workspace_name"),
        workspace.c.description.label("workspace_description"),
        workspace.c.slot,
        workspace.c.version.label("workspace_version"),
        setting.c.tab,
        setting.c.is_visible,
        # As text, so that rows can be told apart by what they hold.
        sa.cast(setting.c.setting_values, sa.Text).label("setting_values"),
        setting.c.version.label("tab_version"),
        tables.portal.c.account_object,
    ]


STORED_TAB: Final = tuple(str(column.key) for column in stored_tabs())


def workspaces_with_tabs() -> sa.FromClause:
    """What `stored_tabs` are columns of."""
    workspace, setting = tables.workspace, tables.tab_setting
    joined = workspace.join(tables.portal, sa.true())
    return joined.outerjoin(setting, setting.c.workspace_id == workspace.c.id)


def workspace_state(found: Columns) -> list[WorkspaceState]:
    """Workspaces from rows of `stored_tabs`, in the rows' order; the default's tabs are the account's."""
    tabs: dict[int, dict[str, StoredTab]] = {}
    account: Mapping[str, StoredTab] = NOTHING_STORED
    heads: dict[int, tuple[Any, ...]] = {}
    rows = zip(*(found[name] for name in STORED_TAB), strict=True)
    for id, name, description, slot, version, tab, is_visible, values, tab_version, account_object in rows:
        if id is None:
            continue
        heads.setdefault(id, (name, description, slot, version, account_object or COMPANY))
        stored = tabs.setdefault(id, {})
        if tab is not None:
            stored[tab] = StoredTab(is_visible, MappingProxyType(orjson.loads(values)), tab_version)
        if slot == 0:
            account = MappingProxyType(stored)
    return [
        WorkspaceState(
            id,
            name,
            description,
            slot == 0,
            version,
            MappingProxyType(tabs[id]),
            NOTHING_STORED if slot == 0 else account,
            account_object,
        )
        for id, (name, description, slot, version, account_object) in heads.items()
    ]


def _grouped(column: sa.ColumnElement[Any], *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.aggregate_strings(sa.cast(column, sa.String), ",")).where(*where).scalar_subquery()
    )


@cache
def _viewer_statement(by: str) -> Prepared:
    """Viewer, workspace and settings at once: a row for each stored tab of the own and default workspace."""
    user, portal, member = tables.user, tables.portal, tables.team_member
    user_id = _user_id(by)
    workspace, setting, placed = tables.workspace, tables.tab_setting, tables.workspace_team
    primary = (
        sa.select(member.c.team_id)
        .where(member.c.user_id == user_id, member.c.is_primary.is_(True))
        .scalar_subquery()
    )
    own = sa.select(placed.c.workspace_id).where(placed.c.team_id == primary).scalar_subquery()
    permission = tables.user_permission
    joined = (
        user.join(portal, sa.true())
        .outerjoin(workspace, sa.or_(workspace.c.id == own, workspace.c.slot == 0))
        .outerjoin(setting, setting.c.workspace_id == workspace.c.id)
    )
    statement = (
        sa.select(
            user.c.id.label("user_id"),
            user.c.name.label("user_name"),
            user.c.is_super_admin,
            user.c.has_seat,
            sa.func.coalesce(user.c.locale, portal.c.locale, type_=Label(63)).label("locale"),
            sa.func.coalesce(user.c.time_zone, portal.c.time_zone, type_=Label(63)).label("time_zone"),
            portal.c.plan,
            sa.cast(portal.c.features, sa.Text).label("features"),
            primary.label("primary_team_id"),
            own.label("own_workspace_id"),
            _grouped(permission.c.permission, permission.c.user_id == user_id).label("permissions"),
            _grouped(member.c.team_id, member.c.user_id == user_id).label("team_ids"),
            *stored_tabs(),
        )
        .select_from(joined)
        .where(user.c.id == user_id, user.c.is_active.is_(True))
    )
    return Prepared(statement)


async def read_viewer(
    database: Database, portal_id: int, user: int | KnownBy
) -> tuple[Viewer | None, ReadSession]:
    """The viewer, None for a user who is gone, and the session that goes on serving the request."""
    session = database.reading(Scope(portal_id, user if isinstance(user, int) else None))
    try:
        viewer = await viewer_from(session, portal_id, user)
    except BaseException:
        await session.close()
        raise
    if viewer is not None and not isinstance(user, int):
        session.act_as(Scope(portal_id, viewer.user_id))
    return viewer, session


async def viewer_from(session: ReadSession, portal_id: int, user: int | KnownBy) -> Viewer | None:
    """Reads the viewer on a session."""
    known_by, value = (user.by, user.value) if isinstance(user, KnownBy) else (ID, user)
    found = await session.find(_viewer_statement(known_by), {USER: value})
    if not found.rows:
        return None
    return _viewer(portal_id, found.compiled, tuple(found.rows)).at(datetime.now(UTC))


@lru_cache(KEPT)
def _viewer(portal_id: int, compiled: CompiledRead, rows: Sequence[Sequence[Any]]) -> Viewer:
    """The viewer that rows make, which are read for each request; equal ones make the same."""
    found = Columns(**Found(compiled, rows).columns())
    plan = PLANS[found["plan"][0]]
    states = workspace_state(found)
    own_id = found["own_workspace_id"][0] if plan.has_team_workspaces else None
    own = [state for state in states if state.id == own_id] or [state for state in states if state.is_default]
    return Viewer(
        portal_id=portal_id,
        user_id=found["user_id"][0],
        name=found["user_name"][0],
        plan=plan,
        features=frozenset(orjson.loads(found["features"][0])),
        is_super_admin=found["is_super_admin"][0],
        has_seat=found["has_seat"][0],
        permissions=frozenset(_split(found["permissions"][0])),
        team_ids=tuple(map(int, _split(found["team_ids"][0]))),
        primary_team_id=found["primary_team_id"][0],
        locale=found["locale"][0],
        time_zone=found["time_zone"][0],
        workspace=own[0] if own else None,
    )


def _split(joined: str | None) -> list[str]:
    return joined.split(",") if joined else []
