"""The core's tables: portal, people, workspaces, records, pipelines, properties, associations."""

from typing import Any

import sqlalchemy as sa

from tabard.columns import (
    Identifier,
    Instant,
    Label,
    Scaled,
    StoredJSON,
    money,
    record_columns,
    reference,
    searchable,
)
from tabard.records.indexes import add_indexes, newest_first
from tabard.storage.door import TENANT
from tabard.storage.tables import public_table, tenant_table

metadata = sa.MetaData()

portal = sa.Table(
    "portal",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=False),
    sa.Column("key", Label(63), nullable=False, unique=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("plan", Label(16), nullable=False),
    sa.Column("time_zone", Label(63), nullable=False),
    sa.Column("locale", Label(35), nullable=False),
    sa.Column("currency", Label(3), nullable=False),
    sa.Column("features", StoredJSON, nullable=False),
    # Null is companies; else the object type of a custom object.
    sa.Column("account_object", Label(63)),
    sa.Column("settings_version", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    info={TENANT: "id"},
)


def tenant(name: str, *columns: sa.schema.SchemaItem, **options: Any) -> sa.Table:
    return tenant_table(name, metadata, *columns, **options)


team = tenant(
    "team",
    *searchable("name", nullable=False),
    sa.Column("external_id", Label(255)),
    sa.UniqueConstraint("portal_id", "external_id", name="team_external_id_key"),
)

user = tenant(
    "app_user",
    *searchable("name", nullable=False),
    sa.Column("email", Label(255)),
    sa.Column("is_super_admin", sa.Boolean, nullable=False),
    sa.Column("has_seat", sa.Boolean, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("locale", Label(35)),
    sa.Column("time_zone", Label(63)),
    sa.Column("external_id", Label(255)),
    sa.Column("persona", Label(63)),
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("portal_id", "external_id", name="app_user_external_id_key"),
    sa.Index("app_user_email", "portal_id", "email"),
)

user_permission = tenant(
    "user_permission",
    reference("user_id", nullable=False),
    sa.Column("permission", Label(63), nullable=False),
    key=("user_id", "permission"),
    parents={"user_id": user},
    cascade=("user_id",),
)

team_member = tenant(
    "team_member",
    reference("user_id", nullable=False),
    reference("team_id", nullable=False),
    sa.Column("is_primary", sa.Boolean, nullable=False),
    sa.Index(
        "team_member_one_primary",
        "portal_id",
        "user_id",
        unique=True,
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    ),
    sa.Index("team_member_team", "portal_id", "team_id"),
    key=("user_id", "team_id"),
    parents={"user_id": user, "team_id": team},
    cascade=("user_id", "team_id"),
)

workspace = tenant(
    "workspace",
    *searchable("name", 100, nullable=False),
    sa.Column("description", sa.String(500)),
    sa.Column("slot", sa.SmallInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # Slot 0 is the default workspace, 1..5 the team workspaces: the quota is this constraint.
    sa.UniqueConstraint("portal_id", "slot", name="workspace_slot_key"),
    sa.UniqueConstraint("portal_id", "name_folded", name="workspace_name_key"),
    sa.CheckConstraint("slot BETWEEN 0 AND 5", name="workspace_slot_range"),
)

workspace_team = tenant(
    "workspace_team",
    reference("team_id", nullable=False),
    reference("workspace_id", nullable=False),
    sa.Index("workspace_team_workspace", "portal_id", "workspace_id"),
    key=("team_id",),
    parents={"team_id": team, "workspace_id": workspace},
    cascade=("team_id", "workspace_id"),
)

tab_setting = tenant(
    "tab_setting",
    reference("workspace_id", nullable=False),
    sa.Column("tab", Label(63), nullable=False),
    sa.Column("is_visible", sa.Boolean),
    sa.Column("setting_values", StoredJSON, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    key=("workspace_id", "tab"),
    parents={"workspace_id": workspace},
    cascade=("workspace_id",),
)

pipeline = tenant(
    "pipeline",
    sa.Column("object_type", Label(63), nullable=False),
    sa.Column("key", Label(63), nullable=False),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("display_order", sa.Integer, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("portal_id", "object_type", "key", name="pipeline_key_key"),
)

stage = tenant(
    "stage",
    reference("pipeline_id", nullable=False),
    sa.Column("key", Label(63), nullable=False),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("display_order", sa.Integer, nullable=False),
    sa.Column("is_closed", sa.Boolean, nullable=False),
    sa.Column("is_won", sa.Boolean, nullable=False),
    sa.Column("probability", Scaled(1)),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("portal_id", "pipeline_id", "key", name="stage_key_key"),
    parents={"pipeline_id": pipeline},
    cascade=("pipeline_id",),
)

page_layout = tenant(
    "page_layout",
    *searchable("name", 100, nullable=False),
    sa.Column("object_type", Label(63), nullable=False),
    sa.Column("kind", Label(16), nullable=False),
    sa.Column("properties", StoredJSON, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("portal_id", "object_type", "name_folded", name="page_layout_name_key"),
)


def record_table(
    name: str,
    metadata: sa.MetaData,
    *columns: sa.schema.SchemaItem,
    pipelines: bool = False,
    parents: dict[str, sa.Table] | None = None,
) -> sa.Table:
    """The table of a record type: its own columns after those that every record has.

    `pipelines=True` adds `pipeline_id` and `stage_id`. Reference columns named in `parents` are added
    to `columns` by the author; their foreign keys and indexes are made here.
    """
    staged = {"pipeline_id": pipeline, "stage_id": stage} if pipelines else {}
    references = {"owner_id": user} | staged | (parents or {})
    table = tenant_table(
        name,
        metadata,
        *columns,
        *map(reference, staged),
        *record_columns(),
        sa.UniqueConstraint("portal_id", "external_id", name=f"{name}_external_id_key"),
        parents=references,
    )
    add_indexes(table, references)
    return table


company = record_table(
    "company",
    metadata,
    *searchable("name", nullable=False),
    sa.Column("domain", Label(255)),
    sa.Column("industry", sa.String(255)),
    sa.Column("country", sa.String(255)),
    sa.Column("employee_count", sa.Integer),
    *money("annual_revenue"),
    sa.Column("renewal_on", sa.Date),
    reference("parent_id"),
    sa.ForeignKeyConstraint(
        ["portal_id", "parent_id"], ["company.portal_id", "company.id"], name="company_parent_id_fkey"
    ),
    sa.Index("company_parent_id", "portal_id", "parent_id", "name_folded", "id", "archived_at"),
    sa.Index("company_name", "portal_id", "name_folded", "id"),
)

contact = record_table(
    "contact",
    metadata,
    *searchable("name", nullable=False),
    sa.Column("email", Label(255)),
    sa.Column("phone", sa.String(63)),
    sa.Column("job_title", sa.String(255)),
    reference("company_id"),
    sa.Index("contact_company_id", "portal_id", "company_id", "name_folded", "id", "archived_at"),
    parents={"company_id": company},
)

deal = record_table(
    "deal",
    metadata,
    *searchable("name", nullable=False),
    *money("amount"),
    sa.Column("close_on", sa.Date),
    reference("company_id"),
    sa.Index("deal_stage_amount", "portal_id", "stage_id", "amount_currency", "archived_at", "amount_minor"),
    pipelines=True,
    parents={"company_id": company},
)

ticket = record_table(
    "ticket",
    metadata,
    *searchable("name", nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("priority", Label(16)),
    reference("company_id"),
    pipelines=True,
    parents={"company_id": company},
)

custom_object = tenant(
    "custom_object",
    sa.Column("object_type", Label(63), nullable=False),
    *searchable("label", 100, nullable=False),
    sa.Column("plural_label", sa.String(100), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("portal_id", "object_type", name="custom_object_object_type_key"),
)

# One table for the records of all custom objects, so that defining one needs no DDL.
custom_record = record_table(
    "custom_record",
    metadata,
    *searchable("name", nullable=False),
    sa.Column("object_type", Label(63), nullable=False),
    sa.ForeignKeyConstraint(
        ["portal_id", "object_type"],
        ["custom_object.portal_id", "custom_object.object_type"],
        name="custom_record_object_type_fkey",
    ),
    pipelines=True,
)
newest_first(custom_record, "object_type")

association_label = tenant(
    "association_label",
    sa.Column("from_type", Label(63), nullable=False),
    sa.Column("to_type", Label(63), nullable=False),
    sa.Column("key", Label(63), nullable=False),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("inverse_label", sa.String(255)),
    sa.UniqueConstraint("portal_id", "from_type", "to_type", "key", name="association_label_key_key"),
)

# Both directions are stored, so that a read in either is one index range. Two records are associated once
# with each label and once without: NULL equals nothing in a unique constraint, so that has an index of its own.
association = tenant(
    "association",
    sa.Column("from_type", Label(63), nullable=False),
    reference("from_id", nullable=False),
    sa.Column("to_type", Label(63), nullable=False),
    reference("to_id", nullable=False),
    reference("label_id"),
    sa.Column("is_inverse", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("association_from", "portal_id", "from_id", "to_type", "to_id"),
    sa.Index(
        "association_unlabelled_key",
        "portal_id",
        "from_id",
        "to_id",
        unique=True,
        sqlite_where=sa.text("label_id IS NULL"),
        postgresql_where=sa.text("label_id IS NULL"),
    ),
    sa.UniqueConstraint("portal_id", "from_id", "to_id", "label_id", name="association_labelled_key"),
    parents={"label_id": association_label},
)

property_definition = tenant(
    "property_definition",
    sa.Column("object_type", Label(63), nullable=False),
    sa.Column("key", Label(63), nullable=False),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("group_key", Label(63), nullable=False),
    sa.Column("kind", Label(16), nullable=False),
    sa.Column("options", StoredJSON, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("portal_id", "object_type", "key", name="property_definition_key_key"),
)

property_value = tenant(
    "property_value",
    reference("record_id", nullable=False),
    reference("property_id", nullable=False),
    sa.Column("text_value", sa.Text),
    sa.Column("text_folded", Label(255)),
    sa.Column("number_value", Scaled()),
    sa.Column("currency", Label(3)),
    sa.Column("date_value", sa.Date),
    sa.Column("instant_value", Instant),
    sa.Column("user_id", Identifier),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("property_value_text", "portal_id", "property_id", "text_folded", "record_id"),
    sa.Index("property_value_number", "portal_id", "property_id", "number_value", "record_id"),
    sa.Index("property_value_date", "portal_id", "property_id", "date_value", "record_id"),
    sa.Index("property_value_instant", "portal_id", "property_id", "instant_value", "record_id"),
    sa.Index("property_value_user", "portal_id", "property_id", "user_id", "record_id"),
    key=("record_id", "property_id"),
    parents={"property_id": property_definition, "user_id": user},
    cascade=("property_id",),
)

node_lease = public_table(
    "node_lease",
    metadata,
    sa.Column("node", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)
