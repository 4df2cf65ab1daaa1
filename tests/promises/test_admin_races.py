"""Admins who change the same things at the same moment: one after the other, and nobody meets a failure."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import Plugin
from tabard.errors import Unavailable
from tabard.records import journal, tables
from tabard.storage.ids import encode_global_id
from tabard.storage.keys import keys
from tabard.storage.options import StorageOptions
from tabard.storage.scope import Scope
from tabard.testing import Gateway
from tests.promises.support.traces import row_id

ROUNDS = 4
AT_ONCE = 8
FORMS = {
    "workspaceCreate": "workspace { id }",
    "workspaceUpdate": "workspace { id version teams { id } }",
    "workspaceDelete": "deletedId",
    "workspaceTabSetVisible": "workspace { id }",
    "servicesSettingsUpdate": "workspace { id tabs { key settingsVersion settingsValues settingsOwn } }",
    "customersSettingsUpdate": "workspace { id }",
    "revenueSettingsUpdate": "workspace { id }",
    "accountSettingsUpdate": "workspace { id }",
    "pageLayoutCreate": "pageLayout { id }",
    "pageLayoutDelete": "deletedId",
    "customObjectUpdate": "customObject { version }",
    "portalFeatureSet": "portal { id }",
}


@pytest.fixture
async def busy(demo_url: str, plugins: Sequence[Plugin]) -> AsyncIterator[Gateway]:
    """A gateway whose callers wait for a connection as long as it takes."""
    options = StorageOptions(pool_wait=60, pool_size=AT_ONCE, connect_timeout=60)
    async with Gateway.on(demo_url, *plugins, options=options) as gateway:
        yield gateway


async def change(gateway: Gateway, mutation: str, persona: str = "super-admin", **given: Any) -> Any:
    """The payload of a change."""
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
    errors = "userErrors { code reason }"
    document = f"mutation ($input: {type_}!) {{ {mutation}(input: $input) {{ {FORMS[mutation]} {errors} }} }}"
    answer = await gateway.execute(document, {"input": given}, persona=persona)
    assert answer.errors == [], (mutation, answer.codes, answer.errors)
    assert answer.data is not None
    return answer.data[mutation]


def reasons(payloads: Sequence[Any]) -> list[str]:
    """Why changes were refused; empty for those that were not."""
    return sorted(error["reason"] for payload in payloads for error in payload["userErrors"])


async def emptied(gateway: Gateway) -> tuple[str, list[str]]:
    """The default workspace, now alone, and the teams."""
    workspace, team = tables.workspace.c, tables.team.c
    rows = await gateway.fetch(sa.select(workspace.id).order_by(workspace.slot))
    default, *others = [encode_global_id("workspace", id) for (id,) in rows]
    for other in others:
        await change(gateway, "workspaceDelete", workspace=other, confirmIrreversible=True)
    teams = await gateway.fetch(sa.select(team.id).order_by(team.id))
    return default, [encode_global_id("team", id) for (id,) in teams]


async def made(gateway: Gateway, name: str, *teams: str) -> str:
    """A new team workspace."""
    done = await change(gateway, "workspaceCreate", name=name, teams=list(teams))
    return str(done["workspace"]["id"])


async def stored(gateway: Gateway, workspace: str, tab: str) -> Any:
    """What is stored of a tab's settings in a workspace."""
    setting = tables.tab_setting.c
    statement = sa.select(setting.setting_values).where(
        setting.workspace_id == row_id(workspace), setting.tab == tab
    )
    rows = await gateway.fetch(statement)
    return rows[0][0] if rows else {}


@pytest.mark.row("J6", "J14", "J15")
async def test_admins_who_swap_the_teams_of_two_workspaces_are_refused_or_served(busy: Gateway) -> None:
    _, (one, two, *_) = await emptied(busy)
    first, second = await made(busy, "First", one), await made(busy, "Second", two)
    placed = tables.workspace_team.c
    for turn in range(ROUNDS):
        theirs = [[two], [one]] if turn % 2 else [[one, two], [two, one]]
        done = await asyncio.gather(
            *(
                change(busy, "workspaceUpdate", workspace=workspace, teams=teams)
                for workspace, teams in zip([first, second] * 2, theirs * 2, strict=True)
            )
        )
        assert set(reasons(done)) <= {"workspace.team_taken"}
        rows = await busy.fetch(sa.select(placed.team_id).order_by(placed.team_id))
        assert [id for (id,) in rows] == [row_id(one), row_id(two)]


@pytest.mark.row("A7")
async def test_features_that_are_switched_at_once_are_all_switched(busy: Gateway) -> None:
    features = ["customer_success_beta", "settings_require_seat"]
    for turn in range(ROUNDS):
        is_on = turn % 2 == 0
        await asyncio.gather(
            *(change(busy, "portalFeatureSet", feature=feature, isOn=is_on) for feature in features)
        )
        assert await busy.fetch(sa.select(tables.portal.c.features)) == [(features if is_on else [],)]


@pytest.mark.row("J24", "J29")
async def test_a_layout_that_is_deleted_while_it_is_chosen_is_chosen_nowhere(busy: Gateway) -> None:
    default, _ = await emptied(busy)
    workspaces = [default, await made(busy, "First"), await made(busy, "Second")]
    for turn in range(ROUNDS):
        given: dict[str, Any] = {
            "objectType": "service",
            "name": f"Cards {turn}",
            "kind": "BOARD",
            "properties": ["name"],
        }
        layout = (await change(busy, "pageLayoutCreate", **given))["pageLayout"]["id"]
        chosen: dict[str, Any] = {"settings": {"defaultLayout": layout}}
        saved, deleted = await asyncio.gather(
            asyncio.gather(
                *(change(busy, "servicesSettingsUpdate", workspace=item, **chosen) for item in workspaces)
            ),
            asyncio.gather(*(change(busy, "pageLayoutDelete", layout=layout) for _ in range(2))),
        )
        assert set(reasons(saved)) <= {"setting.layout"}
        assert reasons(deleted) == ["not_found"]
        assert [await stored(busy, item, "services") for item in workspaces] == [{}, {}, {}]


@pytest.mark.row("J12", "J32")
async def test_a_workspace_that_is_deleted_while_others_change_it_leaves_nothing_behind(
    busy: Gateway,
) -> None:
    default, (one, two, *_) = await emptied(busy)
    other = await made(busy, "Other", one)
    for _ in range(ROUNDS):
        gone = await made(busy, "Gone", two)
        changes = [
            change(busy, "workspaceUpdate", workspace=gone, name="Renamed"),
            change(busy, "workspaceUpdate", workspace=gone, teams=[]),
            change(busy, "servicesSettingsUpdate", workspace=gone, settings={"csmProperty": "owner"}),
            change(busy, "workspaceTabSetVisible", workspace=gone, tab="revenue", visible=False),
            change(busy, "servicesSettingsUpdate", workspace=default, settings={"csmProperty": "owner"}),
            change(busy, "workspaceDelete", workspace=gone, confirmIrreversible=True),
            change(busy, "workspaceDelete", workspace=gone, confirmIrreversible=True),
        ]
        taken = change(busy, "workspaceUpdate", workspace=other, teams=[one, two])
        *done, moved = await asyncio.gather(*changes, taken)
        assert set(reasons(done)) == {"not_found"}
        assert reasons(done[-2:]) == ["not_found"], "it is deleted once"
        assert set(reasons([moved])) <= {"workspace.team_taken"}
        for table in (tables.tab_setting, tables.workspace_team):
            left = sa.select(table.c.workspace_id).where(table.c.workspace_id == row_id(gone))
            assert await busy.fetch(left) == []
        freed = await change(busy, "workspaceUpdate", workspace=other, teams=[one])
        assert reasons([freed]) == []


@pytest.mark.row("J16")
async def test_of_admins_who_save_a_section_from_one_version_one_wins_and_the_others_are_told(
    busy: Gateway,
) -> None:
    _, _ = await emptied(busy)
    workspace = await made(busy, "First")
    for _ in range(ROUNDS):
        choices: list[Any] = [{"csmProperty": "owner"}, {"renewalProperty": "starts_on"}]
        await change(busy, "servicesSettingsUpdate", workspace=workspace, settings={"renewalProperty": None})
        await change(busy, "servicesSettingsUpdate", workspace=workspace, settings={"csmProperty": None})
        version = await _version(busy, workspace)
        given = [{"settings": choices[place % 2], "ifVersion": version} for place in range(AT_ONCE)]
        done = await asyncio.gather(
            *(change(busy, "servicesSettingsUpdate", workspace=workspace, **item) for item in given)
        )
        assert reasons(done) == ["stale"] * (AT_ONCE - 1)
        assert len(await stored(busy, workspace, "services")) == 1


async def _version(gateway: Gateway, workspace: str) -> int:
    document = "query ($id: ID!) { workspace(id: $id) { tabs { key settingsVersion } } }"
    data = await gateway.query(document, {"id": workspace}, persona="super-admin")
    return int({tab["key"]: tab["settingsVersion"] for tab in data["workspace"]["tabs"]}["services"])


@pytest.mark.row("J16")
async def test_what_admins_save_at_once_without_a_version_is_all_kept_and_all_told(busy: Gateway) -> None:
    default, _ = await emptied(busy)
    workspace = await made(busy, "First")
    pipeline = await _service_pipeline(busy)
    parts = [
        {"csmProperty": "owner"},
        {"renewalProperty": "starts_on"},
        {"pipelines": [pipeline]},
        {"defaultPipeline": pipeline},
    ]
    done = await asyncio.gather(
        *(change(busy, "servicesSettingsUpdate", workspace=workspace, settings=part) for part in parts),
        *(change(busy, "servicesSettingsUpdate", workspace=default, settings=part) for part in parts),
    )
    assert reasons(done) == []
    for item in (workspace, default):
        kept = await stored(busy, item, "services")
        assert set(kept) == {"csm_property", "renewal_property", "pipelines", "default_pipeline"}
        entry = journal.audit_entry.c
        told = sa.select(entry.changes).where(
            entry.subject_id == row_id(item), entry.action == "tab.configured"
        )
        assert len(await busy.fetch(told)) == len(parts)
    portal = tables.portal.c
    assert await busy.fetch(sa.select(portal.settings_version)) == [(len(parts),)]


async def _service_pipeline(gateway: Gateway) -> str:
    pipeline = tables.pipeline.c
    ((id,),) = await gateway.fetch(sa.select(pipeline.id).where(pipeline.object_type == "service"))
    return encode_global_id("pipeline", id)


@pytest.mark.row("J10", "J32")
async def test_members_who_look_while_their_workspace_is_deleted_see_it_or_the_default(busy: Gateway) -> None:
    own = (await busy.query("{ workspace { id name } }"))["workspace"]
    document = "{ workspace { name isDefault tabs { key state } customers { owned { totalCount } } } }"
    deleted = asyncio.Event()

    async def look() -> list[bool]:
        seen: list[bool] = []
        while not (deleted.is_set() and seen and seen[-1]):
            seen.append((await busy.query(document))["workspace"]["isDefault"])
        return seen

    async def delete() -> None:
        await asyncio.sleep(0)
        done = await change(busy, "workspaceDelete", workspace=own["id"], confirmIrreversible=True)
        assert done["deletedId"] == own["id"]
        deleted.set()

    looks, _ = await asyncio.gather(asyncio.gather(*(look() for _ in range(4))), delete())
    assert all(seen == sorted(seen) for seen in looks), "once it is gone it does not come back"


@pytest.mark.row("B2", "J17", "J18", "J26")
async def test_no_setting_names_what_is_not_there_however_the_changes_fall(busy: Gateway) -> None:
    default, _ = await emptied(busy)
    workspaces = [default, await made(busy, "First"), await made(busy, "Second")]
    for turn in range(ROUNDS):
        chosen = "custom.subscription" if turn % 2 == 0 else "company"
        mine: list[Any] = [{"csmProperty": "success_manager"}, {"renewalProperty": "renewal_on"}]
        objects = ["deal", "custom.subscription"] if turn % 2 == 0 else ["custom.subscription"]
        done = await asyncio.gather(
            change(busy, "accountSettingsUpdate", accountObject=chosen),
            *(
                change(busy, "customersSettingsUpdate", workspace=item, settings=settings)
                for item in workspaces
                for settings in mine
            ),
            change(busy, "revenueSettingsUpdate", workspace=default, settings={"objects": objects}),
            *(
                change(busy, "revenueSettingsUpdate", workspace=item, settings={"csmProperty": name})
                for item in workspaces[1:]
                for name in ("success_manager", "owner")
            ),
        )
        assert set(reasons(done)) <= {"setting.property_kind"}
        document = "query ($of: String!) { accountObjectChange(objectType: $of) { droppedSettings { setting value } } }"
        lost = await busy.query(document, {"of": chosen}, persona="super-admin")
        assert lost["accountObjectChange"]["droppedSettings"] == []


async def test_of_two_changes_that_wait_for_each_other_one_is_undone_whole_and_can_be_repeated(
    demo_postgres_url: str, plugins: Sequence[Plugin]
) -> None:
    async with Gateway.on(demo_postgres_url, *plugins) as gateway:
        database, scope = gateway.graph.database, Scope(await gateway.portal_id())
        ids = [id for (id,) in await gateway.fetch(sa.select(tables.team.c.id).order_by(tables.team.c.id))][
            :2
        ]
        both_begun = asyncio.Barrier(2)

        async def rename(order: list[int], name: str) -> None:
            async with database.writing(scope) as session:
                for place, id in enumerate(order):
                    change = sa.update(tables.team).where(tables.team.c.id == id)
                    await session.execute(change.values(name=name))
                    if place == 0:
                        await both_begun.wait()

        done = await asyncio.gather(rename(ids, "Forth"), rename(ids[::-1], "Back"), return_exceptions=True)
        (refused,) = [item for item in done if item is not None]
        assert isinstance(refused, Unavailable)
        assert (refused.extensions["retryAfter"], "repeat" in refused.message) == (1, True)
        kept = await gateway.fetch(sa.select(tables.team.c.name).where(keys(tables.team.c.id, ids)))
        assert len(set(kept)) == 1, "the other one is there whole"
