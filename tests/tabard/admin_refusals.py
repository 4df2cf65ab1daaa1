"""Changes that an admin cannot make, each with the error that says why and where."""

from dataclasses import dataclass
from typing import Any

NOWHERE = "0000000000001"


@dataclass(frozen=True)
class Refusal:
    """A change that is refused: its input, in which `@name` stands for an id, and the error."""

    mutation: str
    given: dict[str, Any]
    error: tuple[str, str, str]


def refused(mutation: str, code: str, reason: str, path: str, **given: Any) -> Refusal:
    return Refusal(mutation, given, (code, reason, path))


def wrong_kind(mutation: str, **settings: Any) -> Refusal:
    (name,) = settings
    path = f"input.settings.{name}"
    return refused(
        mutation, "INVALID", "setting.property_kind", path, workspace="@default", settings=settings
    )


# A zero-width space, a filler that counts as a letter, a sign that joins, and a mark without a letter.
INVISIBLE = "\u200b\u3164\u200d\u0301"

REFUSALS = [
    # Names, descriptions, teams and the quota.
    refused("workspaceCreate", "REQUIRED", "workspace.name_empty", "input.name", name=" "),
    refused("workspaceCreate", "REQUIRED", "workspace.name_empty", "input.name", name=INVISIBLE),
    refused(
        "workspaceUpdate", "REQUIRED", "workspace.name_empty", "input.name", workspace="@own", name=INVISIBLE
    ),
    refused("workspaceCreate", "CONFLICT", "workspace.name_taken", "input.name", name="\ufeffRene\u200bwals"),
    refused("workspaceCreate", "INVALID", "workspace.name_length", "input.name", name="x" * 101),
    refused("workspaceCreate", "CONFLICT", "workspace.name_taken", "input.name", name="  rENEWALS "),
    refused(
        "workspaceCreate",
        "INVALID",
        "workspace.description_length",
        "input.description",
        name="Wordy",
        description="x" * 501,
    ),
    refused(
        "workspaceCreate", "CONFLICT", "workspace.team_taken", "input.teams", name="New", teams=["@team"]
    ),
    refused(
        "workspaceUpdate", "CONFLICT", "workspace.name_taken", "input.name", workspace="@own", name="emea"
    ),
    refused(
        "workspaceUpdate", "INVALID", "workspace.name_length", "input.name", workspace="@own", name="x" * 101
    ),
    refused(
        "workspaceUpdate",
        "CONFLICT",
        "workspace.team_taken",
        "input.teams",
        workspace="@own",
        teams=["@team"],
    ),
    refused("workspaceUpdate", "INVALID", "workspace.default", "input.teams", workspace="@default", teams=[]),
    # What a change may leave out it cannot be told to be nothing.
    refused("workspaceUpdate", "REQUIRED", "input.null", "input.name", workspace="@own", name=None),
    refused("workspaceUpdate", "REQUIRED", "input.null", "input.teams", workspace="@own", teams=None),
    refused("accountSettingsUpdate", "REQUIRED", "input.null", "input.customers", customers=None),
    refused(
        "workspaceDelete",
        "INVALID",
        "workspace.default",
        "input.workspace",
        workspace="@default",
        confirmIrreversible=True,
    ),
    refused(
        "workspaceDelete",
        "CONFIRMATION_REQUIRED",
        "workspace.delete",
        "input.confirmIrreversible",
        workspace="@own",
    ),
    # Stale versions.
    refused("workspaceUpdate", "STALE", "stale", "input.ifVersion", workspace="@own", name="X", ifVersion=0),
    refused(
        "workspaceDelete",
        "STALE",
        "stale",
        "input.ifVersion",
        workspace="@own",
        confirmIrreversible=True,
        ifVersion=0,
    ),
    refused(
        "workspaceTabSetVisible",
        "STALE",
        "stale",
        "input.ifVersion",
        workspace="@own",
        tab="services",
        visible=False,
        ifVersion=7,
    ),
    refused(
        "servicesSettingsUpdate",
        "STALE",
        "stale",
        "input.ifVersion",
        workspace="@own",
        settings={},
        ifVersion=7,
    ),
    refused("accountSettingsUpdate", "STALE", "stale", "input.ifVersion", customers={}, ifVersion=7),
    refused(
        "customObjectUpdate",
        "STALE",
        "stale",
        "input.ifVersion",
        customObject="@custom",
        label="X",
        ifVersion=7,
    ),
    # Properties of the wrong kind, in every section.
    wrong_kind("customersSettingsUpdate", csmProperty="country"),
    wrong_kind("customersSettingsUpdate", renewalProperty="owner"),
    wrong_kind("servicesSettingsUpdate", csmProperty="starts_on"),
    wrong_kind("servicesSettingsUpdate", renewalProperty="name"),
    wrong_kind("revenueSettingsUpdate", csmProperty="amount"),
    wrong_kind("revenueSettingsUpdate", renewalProperty="owner"),
    refused(
        "accountSettingsUpdate",
        "INVALID",
        "setting.property_kind",
        "input.services.renewalProperty",
        customers={"renewalProperty": "renewal_on"},
        services={"renewalProperty": "owner"},
    ),
    # Pipelines, layouts and objects that are not there for the section.
    refused(
        "servicesSettingsUpdate",
        "INVALID",
        "setting.pipeline",
        "input.settings.pipelines.0",
        workspace="@default",
        settings={"pipelines": ["@deal_pipeline"]},
    ),
    refused(
        "servicesSettingsUpdate",
        "INVALID",
        "setting.pipeline",
        "input.settings.pipelines.0",
        workspace="@default",
        settings={"pipelines": ["@their_pipeline"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.pipeline",
        "input.settings.defaultPipeline",
        workspace="@default",
        settings={"defaultPipeline": "@service_pipeline"},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.pipeline",
        "input.settings.pipelines.0",
        workspace="@default",
        settings={"pipelines": ["@custom_pipeline"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.defaultPipeline",
        workspace="@default",
        settings={"pipelines": ["@deal_pipeline"], "defaultPipeline": "@ticket_pipeline"},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.layout",
        "input.settings.defaultLayout",
        workspace="@default",
        settings={"defaultLayout": f"page_layout_{NOWHERE}"},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.object",
        "input.settings.objects.0",
        workspace="@default",
        settings={"objects": ["company"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.objects",
        workspace="@default",
        settings={"objects": ["deal", "custom.subscription", "custom.other"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.objects",
        workspace="@default",
        settings={"objects": []},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.property_kind",
        "input.settings.csmProperty",
        workspace="@default",
        settings={"objects": ["deal", "custom.subscription"], "csmProperty": "success_manager"},
    ),
    refused(
        "accountSettingsUpdate", "INVALID", "account.object", "input.accountObject", accountObject="deal"
    ),
    refused(
        "accountSettingsUpdate",
        "NOT_FOUND",
        "record.object_type",
        "input.accountObject",
        accountObject="custom.planet",
    ),
    # Lists that name something twice.
    refused(
        "servicesSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.pipelines.1",
        workspace="@default",
        settings={"pipelines": ["@service_pipeline", "@service_pipeline"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.pipelines.2",
        workspace="@own",
        settings={"pipelines": ["@deal_pipeline", "@ticket_pipeline", "@deal_pipeline"]},
    ),
    refused(
        "revenueSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.settings.objects.1",
        workspace="@own",
        settings={"objects": ["deal", "deal"]},
    ),
    refused(
        "accountSettingsUpdate",
        "INVALID",
        "setting.invalid",
        "input.services.pipelines.1",
        customers={"renewalProperty": "renewal_on"},
        services={"pipelines": ["@service_pipeline", "@service_pipeline"]},
    ),
    refused(
        "pageLayoutCreate",
        "INVALID",
        "layout.properties",
        "input.properties",
        objectType="company",
        name="X",
        kind="BOARD",
        properties=["name", "name"],
    ),
    # Tabs.
    refused(
        "servicesSettingsUpdate",
        "CONFLICT",
        "TAB_HIDDEN",
        "input.workspace",
        workspace="@hiding",
        settings={"csmProperty": "owner"},
    ),
    refused(
        "workspaceTabSetVisible",
        "INVALID",
        "tab.not_hideable",
        "input.tab",
        workspace="@own",
        tab="customers",
        visible=False,
    ),
    refused(
        "workspaceTabSetVisible",
        "NOT_FOUND",
        "not_found",
        "input.tab",
        workspace="@own",
        tab="astrology",
        visible=False,
    ),
    # Layouts and custom objects.
    refused(
        "pageLayoutCreate",
        "INVALID",
        "layout.name",
        "input.name",
        objectType="company",
        name=INVISIBLE,
        kind="BOARD",
        properties=["name"],
    ),
    refused(
        "customObjectCreate",
        "INVALID",
        "label.length",
        "input.pluralLabel",
        key="x",
        label="X",
        pluralLabel=INVISIBLE,
    ),
    refused(
        "customObjectUpdate",
        "INVALID",
        "label.length",
        "input.properties.0.label",
        customObject="@custom",
        properties=[{"key": "tier", "label": INVISIBLE, "kind": "TEXT"}],
    ),
    refused(
        "customObjectUpdate",
        "INVALID",
        "label.length",
        "input.properties.0.options.1",
        customObject="@custom",
        properties=[{"key": "tier", "label": "Tier", "kind": "OPTION", "options": ["a", INVISIBLE]}],
    ),
    refused(
        "customObjectUpdate",
        "INVALID",
        "property.options",
        "input.properties.0.options.1",
        customObject="@custom",
        properties=[{"key": "tier", "label": "Tier", "kind": "OPTION", "options": ["a", " a\u200b"]}],
    ),
    refused(
        "customObjectUpdate",
        "INVALID",
        "property.options",
        "input.properties.0.options",
        customObject="@custom",
        properties=[{"key": "tier", "label": "Tier", "kind": "TEXT", "options": ["a"]}],
    ),
    refused(
        "pageLayoutCreate",
        "NOT_FOUND",
        "record.object_type",
        "input.objectType",
        objectType="custom.planet",
        name="X",
        kind="BOARD",
        properties=["name"],
    ),
    refused(
        "pageLayoutCreate",
        "INVALID",
        "property.unknown",
        "input.properties.1",
        objectType="custom.subscription",
        name="X",
        kind="BOARD",
        properties=["name", "amount"],
    ),
    refused(
        "customObjectCreate", "INVALID", "key.form", "input.key", key="Sub!", label="X", pluralLabel="Xs"
    ),
    refused(
        "customObjectCreate",
        "CONFLICT",
        "custom_object.key_taken",
        "input.key",
        key="subscription",
        label="X",
        pluralLabel="Xs",
    ),
    refused(
        "customObjectCreate", "INVALID", "label.length", "input.label", key="x", label=" ", pluralLabel="Xs"
    ),
    refused(
        "customObjectCreate",
        "CONFLICT",
        "property.key_taken",
        "input.properties.1.key",
        key="x",
        label="X",
        pluralLabel="Xs",
        properties=[
            {"key": "csm", "label": "CSM", "kind": "USER"},
            {"key": "owner", "label": "Owner", "kind": "USER"},
        ],
    ),
    refused(
        "customObjectUpdate",
        "INVALID",
        "property.options",
        "input.properties.0.options",
        customObject="@custom",
        properties=[{"key": "tier", "label": "Tier", "kind": "OPTION"}],
    ),
]
