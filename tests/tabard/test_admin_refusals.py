"""What an admin cannot do: each refusal is typed and says where, and nothing is written."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from tabard.portals import change_plan
from tabard.records import journal, tables
from tabard.storage.ids import encode_global_id
from tabard.storage.scope import Scope
from tabard.testing import Gateway
from tests.tabard.admin_refusals import NOWHERE, REFUSALS, Refusal, refused

ADMIN = "super-admin"
KEPT = (
    tables.portal,
    tables.workspace,
    tables.workspace_team,
    tables.tab_setting,
    tables.page_layout,
    tables.custom_object,
    tables.property_definition,
    journal.audit_entry,
    journal.outbox_event,
)
RESULTS = {
    "workspaceCreate": "workspace",
    "workspaceUpdate": "workspace",
    "workspaceDelete": "deletedId",
    "workspaceTabSetVisible": "workspace",
    "accountSettingsUpdate": "workspace",
    "customersSettingsUpdate": "workspace",
    "servicesSettingsUpdate": "workspace",
    "revenueSettingsUpdate": "workspace",
    "pageLayoutCreate": "pageLayout",
    "pageLayoutDelete": "deletedId",
    "customObjectCreate": "customObject",
    "customObjectUpdate": "customObject",
}


@dataclass
class Admin:
    """Asks for changes as an admin, and looks whether anything was written."""

    gateway: Gateway
    ids: dict[str, str] = field(default_factory=dict)

    async def change(self, mutation: str, given: Any, persona: str = ADMIN, key: str | None = None) -> Any:
        type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
        fields = RESULTS[mutation] + ("" if RESULTS[mutation] == "deletedId" else " { id }")
        document = (
            f"mutation ($input: {type_}!) {{ {mutation}(input: $input) {{ {fields} "
            "userErrors { code reason path message } } }"
        )
        variables = {"input": self.resolved(given)}
        return await self.gateway.execute(document, variables, persona=persona, key=key)

    def resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.resolved(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        return self.ids[value[1:]] if isinstance(value, str) and value.startswith("@") else value

    async def rows(self) -> list[Any]:
        return [sorted(map(repr, await self.gateway.fetch(sa.select(*table.c)))) for table in KEPT]

    async def outcome(self, refusal: Refusal) -> tuple[str, str, str]:
        answer = await self.change(refusal.mutation, refusal.given)
        assert answer.errors == [], (refusal, answer.errors)
        payload = answer.data[refusal.mutation]
        assert payload[RESULTS[refusal.mutation]] is None, refusal
        (error,) = payload["userErrors"]
        return error["code"], error["reason"], ".".join(error["path"])


@pytest.fixture
async def admin(gateway: Gateway) -> Admin:
    made = Admin(gateway)
    workspace, pipeline = tables.workspace.c, tables.pipeline.c
    named = dict(await gateway.fetch(sa.select(workspace.name, workspace.id)))
    kept = dict(await gateway.fetch(sa.select(pipeline.object_type, pipeline.id)))
    made.ids = {
        "default": encode_global_id("workspace", named["Customer Success"]),
        "own": encode_global_id("workspace", named["Onboarding"]),
        "hiding": encode_global_id("workspace", named["Renewals"]),
        "custom": await gateway.some_id("custom_object"),
        "deal_pipeline": encode_global_id("pipeline", kept["deal"]),
        "ticket_pipeline": encode_global_id("pipeline", kept["ticket"]),
        "service_pipeline": encode_global_id("pipeline", kept["service"]),
        "custom_pipeline": encode_global_id("pipeline", kept["custom.subscription"]),
        "their_pipeline": await gateway.some_id("pipeline", "other"),
        "team": await _team(gateway, "Renewals"),
    }
    return made


async def _team(gateway: Gateway, name: str) -> str:
    team = tables.team.c
    rows = await gateway.fetch(sa.select(team.id).where(team.name == name))
    return encode_global_id("team", rows[0][0])


async def _fill_workspaces(admin: Admin) -> None:
    for number in range(len(await admin.gateway.fetch(sa.select(tables.workspace.c.id))), 6):
        answer = await admin.change("workspaceCreate", {"name": f"Desk {number}"})
        assert answer.data["workspaceCreate"]["userErrors"] == []


@pytest.mark.row(
    "J5", "J6", "J8", "J14", "J16", "J17", "J18", "J20", "J21", "J22", "J23", "J24", "J26", "J27", "J28", "J29",
    "J31", "J32", "B3", "B4", "B5",
)  # fmt: skip
async def test_every_refusal_is_typed_says_where_and_writes_nothing(admin: Admin) -> None:
    before = await admin.rows()
    outcomes = [await admin.outcome(refusal) for refusal in REFUSALS]
    assert outcomes == [refusal.error for refusal in REFUSALS]
    assert await admin.rows() == before
    await _fill_workspaces(admin)
    sixth = refused("workspaceCreate", "LIMIT_REACHED", "workspace.limit", "input", name="A sixth")
    before = await admin.rows()
    assert await admin.outcome(sixth) == sixth.error
    assert await admin.rows() == before


NAMED: list[tuple[str, dict[str, Any]]] = [
    ("workspaceUpdate", {"workspace": "workspace", "name": "Stolen"}),
    ("workspaceDelete", {"workspace": "workspace", "confirmIrreversible": True}),
    ("workspaceTabSetVisible", {"workspace": "workspace", "tab": "services", "visible": False}),
    ("customersSettingsUpdate", {"workspace": "workspace", "settings": {}}),
    ("servicesSettingsUpdate", {"workspace": "workspace", "settings": {}}),
    ("revenueSettingsUpdate", {"workspace": "workspace", "settings": {}}),
    ("workspaceCreate", {"name": "Hunt", "teams": ["team"]}),
    ("pageLayoutDelete", {"layout": "page_layout"}),
    ("customObjectUpdate", {"customObject": "custom_object", "label": "Stolen"}),
]


@pytest.mark.row("J4")
async def test_what_is_another_portals_is_answered_like_what_is_nowhere(admin: Admin) -> None:
    theirs = await _other_portals(admin.gateway)
    before = await admin.rows()
    for mutation, given in NAMED:
        answers = []
        for ids in (theirs, {noun: f"{noun}_{NOWHERE}" for noun in theirs}):
            admin.ids |= ids
            marked = {name: _marked(value, ids) for name, value in given.items()}
            answers.append((await admin.change(mutation, marked)).data)
        assert answers[0] == answers[1]
        (error,) = answers[0][mutation]["userErrors"]
        assert (error["code"], error["reason"]) == ("NOT_FOUND", "not_found")
        assert error["path"][0] == "input"
    assert await admin.rows() == before


def _marked(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_marked(item, ids) for item in value]
    return f"@{value}" if isinstance(value, str) and value in ids else value


async def _other_portals(gateway: Gateway) -> dict[str, str]:
    """Ids of another portal, which is given a layout and a custom object for it."""
    new_id = gateway.graph.new_id
    layout = {"name": "Cards", "name_folded": "cards", "object_type": "deal", "kind": "BOARD", "version": 1}
    custom = {
        "object_type": "custom.x",
        "label": "X",
        "label_folded": "x",
        "plural_label": "Xs",
        "version": 1,
    }
    async with gateway.graph.database.writing(Scope(await gateway.portal_id("other"))) as session:
        await session.execute(sa.insert(tables.page_layout), [{"id": new_id(), "properties": [], **layout}])
        await session.execute(sa.insert(tables.custom_object), [{"id": new_id(), **custom}])
    nouns = ("workspace", "team", "page_layout", "custom_object")
    return {noun: await gateway.some_id(noun, "other") for noun in nouns}


@pytest.mark.row("A1", "J1", "J4")
async def test_without_enterprise_team_workspaces_and_custom_objects_cannot_be_changed(admin: Admin) -> None:
    await change_plan(admin.gateway.graph.database, "demo", "PROFESSIONAL")
    before = await admin.rows()
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("workspaceCreate", {"name": "New"}, "input"),
        ("workspaceUpdate", {"workspace": "@own", "name": "New"}, "input.workspace"),
        ("workspaceDelete", {"workspace": "@own", "confirmIrreversible": True}, "input.workspace"),
        (
            "workspaceTabSetVisible",
            {"workspace": "@own", "tab": "services", "visible": False},
            "input.workspace",
        ),
        ("customersSettingsUpdate", {"workspace": "@own", "settings": {}}, "input.workspace"),
        ("servicesSettingsUpdate", {"workspace": "@own", "settings": {}}, "input.workspace"),
        ("revenueSettingsUpdate", {"workspace": "@own", "settings": {}}, "input.workspace"),
        (
            "revenueSettingsUpdate",
            {"workspace": "@default", "settings": {"objects": ["custom.subscription"]}},
            "input.settings.objects",
        ),
        ("customObjectCreate", {"key": "x", "label": "X", "pluralLabel": "Xs"}, "input"),
        ("customObjectUpdate", {"customObject": "@custom", "label": "X"}, "input.customObject"),
    ]
    for mutation, given, path in asked:
        refusal = Refusal(mutation, given, ("FORBIDDEN", "plan.enterprise_required", path))
        assert await admin.outcome(refusal) == refusal.error, mutation
    assert await admin.rows() == before
    kept = await admin.change("workspaceUpdate", {"workspace": "@default", "name": "Everybody's"})
    assert kept.data["workspaceUpdate"]["userErrors"] == [], "the default workspace needs no Enterprise"


@pytest.mark.row("J4")
async def test_the_same_idempotency_key_with_other_input_is_refused(admin: Admin) -> None:
    first = await admin.change("workspaceCreate", {"name": "Once"}, key="made-by-a-client")
    before = await admin.rows()
    again = await admin.change("workspaceCreate", {"name": "Once"}, key="made-by-a-client")
    other = await admin.change("workspaceCreate", {"name": "Other"}, key="made-by-a-client")
    assert again.data == first.data
    assert other.codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert await admin.rows() == before
