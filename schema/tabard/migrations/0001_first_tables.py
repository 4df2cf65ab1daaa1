"""First tables."""

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier, Instant, Label, Scaled, StoredJSON
from tabard.migrating import secure

revision = "core_0001"
down_revision = None
branch_labels = ("core",)
depends_on = None


def upgrade() -> None:
    create_app_user()
    create_association_label()
    create_custom_object()
    create_node_lease()
    create_outbox_event()
    create_page_layout()
    create_pipeline()
    create_portal()
    create_property_definition()
    create_team()
    create_workspace()
    create_association()
    create_audit_entry()
    create_company()
    create_idempotency_record()
    create_property_history()
    create_property_value()
    create_stage()
    create_tab_setting()
    create_team_member()
    create_user_permission()
    create_workspace_team()
    create_contact()
    create_custom_record()
    create_deal()
    create_ticket()


def downgrade() -> None:
    op.drop_table("ticket")
    op.drop_table("deal")
    op.drop_table("custom_record")
    op.drop_table("contact")
    op.drop_table("workspace_team")
    op.drop_table("user_permission")
    op.drop_table("team_member")
    op.drop_table("tab_setting")
    op.drop_table("stage")
    op.drop_table("property_value")
    op.drop_table("property_history")
    op.drop_table("idempotency_record")
    op.drop_table("company")
    op.drop_table("audit_entry")
    op.drop_table("association")
    op.drop_table("workspace")
    op.drop_table("team")
    op.drop_table("property_definition")
    op.drop_table("portal")
    op.drop_table("pipeline")
    op.drop_table("page_layout")
    op.drop_table("outbox_event")
    op.drop_table("node_lease")
    op.drop_table("custom_object")
    op.drop_table("association_label")
    op.drop_table("app_user")


def create_app_user() -> None:
    op.create_table(
        "app_user",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("email", Label(255)),
        sa.Column("is_super_admin", sa.Boolean(), nullable=False),
        sa.Column("has_seat", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", Label(35)),
        sa.Column("time_zone", Label(63)),
        sa.Column("external_id", Label(255)),
        sa.Column("persona", Label(63)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="app_user_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="app_user_external_id_key"),
    )
    op.create_index("app_user_email", "app_user", ["portal_id", "email"])
    secure("app_user")


def create_association_label() -> None:
    op.create_table(
        "association_label",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("from_type", Label(63), nullable=False),
        sa.Column("to_type", Label(63), nullable=False),
        sa.Column("key", Label(63), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("inverse_label", sa.String(255)),
        sa.PrimaryKeyConstraint("portal_id", "id", name="association_label_pkey"),
        sa.UniqueConstraint("portal_id", "from_type", "to_type", "key", name="association_label_key_key"),
    )
    secure("association_label")


def create_custom_object() -> None:
    op.create_table(
        "custom_object",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("label_folded", Label(255), nullable=False),
        sa.Column("plural_label", sa.String(100), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="custom_object_pkey"),
        sa.UniqueConstraint("portal_id", "object_type", name="custom_object_object_type_key"),
    )
    secure("custom_object")


def create_node_lease() -> None:
    op.create_table(
        "node_lease",
        sa.Column("node", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("node"),
    )


def create_outbox_event() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", Label(63), nullable=False),
        sa.Column("subject_type", Label(63), nullable=False),
        sa.Column("subject_id", Identifier()),
        sa.Column("payload", StoredJSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="outbox_event_pkey"),
    )
    op.create_index("outbox_event_position", "outbox_event", ["portal_id", "position", "id"])
    secure("outbox_event")


def create_page_layout() -> None:
    op.create_table(
        "page_layout",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("kind", Label(16), nullable=False),
        sa.Column("properties", StoredJSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="page_layout_pkey"),
        sa.UniqueConstraint("portal_id", "object_type", "name_folded", name="page_layout_name_key"),
    )
    secure("page_layout")


def create_pipeline() -> None:
    op.create_table(
        "pipeline",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("key", Label(63), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("display_order", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pipeline_pkey"),
        sa.UniqueConstraint("portal_id", "object_type", "key", name="pipeline_key_key"),
    )
    secure("pipeline")


def create_portal() -> None:
    op.create_table(
        "portal",
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("key", Label(63), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("plan", Label(16), nullable=False),
        sa.Column("time_zone", Label(63), nullable=False),
        sa.Column("locale", Label(35), nullable=False),
        sa.Column("currency", Label(3), nullable=False),
        sa.Column("features", StoredJSON(), nullable=False),
        sa.Column("account_object", Label(63)),
        sa.Column("settings_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    secure("portal", "id")


def create_property_definition() -> None:
    op.create_table(
        "property_definition",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("key", Label(63), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("group_key", Label(63), nullable=False),
        sa.Column("kind", Label(16), nullable=False),
        sa.Column("options", StoredJSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="property_definition_pkey"),
        sa.UniqueConstraint("portal_id", "object_type", "key", name="property_definition_key_key"),
    )
    secure("property_definition")


def create_team() -> None:
    op.create_table(
        "team",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("external_id", Label(255)),
        sa.PrimaryKeyConstraint("portal_id", "id", name="team_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="team_external_id_key"),
    )
    secure("team")


def create_workspace() -> None:
    op.create_table(
        "workspace",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("description", sa.String(500)),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("slot BETWEEN 0 AND 5", name="workspace_slot_range"),
        sa.PrimaryKeyConstraint("portal_id", "id", name="workspace_pkey"),
        sa.UniqueConstraint("portal_id", "name_folded", name="workspace_name_key"),
        sa.UniqueConstraint("portal_id", "slot", name="workspace_slot_key"),
    )
    secure("workspace")


def create_association() -> None:
    op.create_table(
        "association",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("from_type", Label(63), nullable=False),
        sa.Column("from_id", Identifier(), nullable=False),
        sa.Column("to_type", Label(63), nullable=False),
        sa.Column("to_id", Identifier(), nullable=False),
        sa.Column("label_id", Identifier()),
        sa.Column("is_inverse", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "label_id"],
            ["association_label.portal_id", "association_label.id"],
            name="association_label_id_fkey",
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="association_pkey"),
        sa.UniqueConstraint("portal_id", "from_id", "to_id", "label_id", name="association_labelled_key"),
    )
    op.create_index("association_from", "association", ["portal_id", "from_id", "to_type", "to_id"])
    op.create_index(
        "association_unlabelled_key",
        "association",
        ["portal_id", "from_id", "to_id"],
        unique=True,
        sqlite_where=sa.text("label_id IS NULL"),
        postgresql_where=sa.text("label_id IS NULL"),
    )
    secure("association")


def create_audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_id", Identifier()),
        sa.Column("action", Label(63), nullable=False),
        sa.Column("subject_type", Label(63), nullable=False),
        sa.Column("subject_id", Identifier()),
        sa.Column("changes", StoredJSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "actor_id"], ["app_user.portal_id", "app_user.id"], name="audit_entry_actor_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="audit_entry_pkey"),
    )
    op.create_index("audit_entry_at", "audit_entry", ["portal_id", "at", "id"])
    op.create_index("audit_entry_subject", "audit_entry", ["portal_id", "subject_id", "at", "id"])
    secure("audit_entry")


def create_company() -> None:
    op.create_table(
        "company",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("domain", Label(255)),
        sa.Column("industry", sa.String(255)),
        sa.Column("country", sa.String(255)),
        sa.Column("employee_count", sa.Integer()),
        sa.Column("annual_revenue_minor", sa.BigInteger()),
        sa.Column("annual_revenue_currency", Label(3)),
        sa.Column("renewal_on", sa.Date()),
        sa.Column("parent_id", Identifier()),
        sa.Column("owner_id", Identifier()),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("last_activity_at", Instant()),
        sa.Column("archived_at", Instant()),
        sa.Column("merged_into_id", Identifier()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"], ["app_user.portal_id", "app_user.id"], name="company_owner_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "parent_id"], ["company.portal_id", "company.id"], name="company_parent_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="company_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="company_external_id_key"),
    )
    op.create_index(
        "company_created_at",
        "company",
        ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index("company_name", "company", ["portal_id", "name_folded", "id"])
    op.create_index(
        "company_owner_id",
        "company",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "company_parent_id", "company", ["portal_id", "parent_id", "name_folded", "id", "archived_at"]
    )
    secure("company")


def create_idempotency_record() -> None:
    op.create_table(
        "idempotency_record",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("actor_id", Identifier(), nullable=False),
        sa.Column("key", Label(255), nullable=False),
        sa.Column("path", Label(255), nullable=False),
        sa.Column("input_hash", Label(64), nullable=False),
        sa.Column("outcome", StoredJSON()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "actor_id"],
            ["app_user.portal_id", "app_user.id"],
            name="idempotency_record_actor_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "actor_id", "key", "path", name="idempotency_record_pkey"),
    )
    op.create_index("idempotency_record_age", "idempotency_record", ["portal_id", "created_at"])
    secure("idempotency_record")


def create_property_history() -> None:
    op.create_table(
        "property_history",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("record_id", Identifier(), nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("property_key", Label(63), nullable=False),
        sa.Column("value", StoredJSON()),
        sa.Column("user_value", Identifier()),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("source", Label(16), nullable=False),
        sa.Column("source_label", sa.String(255)),
        sa.Column("actor_id", Identifier()),
        sa.ForeignKeyConstraint(
            ["portal_id", "actor_id"],
            ["app_user.portal_id", "app_user.id"],
            name="property_history_actor_id_fkey",
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="property_history_pkey"),
    )
    op.create_index(
        "property_history_assigned",
        "property_history",
        ["portal_id", "object_type", "property_key", "user_value", "changed_at"],
    )
    op.create_index(
        "property_history_record",
        "property_history",
        ["portal_id", "record_id", "property_key", "changed_at", "id"],
    )
    secure("property_history")


def create_property_value() -> None:
    op.create_table(
        "property_value",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("record_id", Identifier(), nullable=False),
        sa.Column("property_id", Identifier(), nullable=False),
        sa.Column("text_value", sa.Text()),
        sa.Column("text_folded", Label(255)),
        sa.Column("number_value", Scaled()),
        sa.Column("currency", Label(3)),
        sa.Column("date_value", sa.Date()),
        sa.Column("instant_value", Instant()),
        sa.Column("user_id", Identifier()),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "property_id"],
            ["property_definition.portal_id", "property_definition.id"],
            name="property_value_property_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "user_id"],
            ["app_user.portal_id", "app_user.id"],
            name="property_value_user_id_fkey",
        ),
        sa.PrimaryKeyConstraint("portal_id", "record_id", "property_id", name="property_value_pkey"),
    )
    op.create_index(
        "property_value_date", "property_value", ["portal_id", "property_id", "date_value", "record_id"]
    )
    op.create_index(
        "property_value_instant", "property_value", ["portal_id", "property_id", "instant_value", "record_id"]
    )
    op.create_index(
        "property_value_number", "property_value", ["portal_id", "property_id", "number_value", "record_id"]
    )
    op.create_index(
        "property_value_text", "property_value", ["portal_id", "property_id", "text_folded", "record_id"]
    )
    op.create_index(
        "property_value_user", "property_value", ["portal_id", "property_id", "user_id", "record_id"]
    )
    secure("property_value")


def create_stage() -> None:
    op.create_table(
        "stage",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("pipeline_id", Identifier(), nullable=False),
        sa.Column("key", Label(63), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("display_order", sa.Integer(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("is_won", sa.Boolean(), nullable=False),
        sa.Column("probability", Scaled(1)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "pipeline_id"],
            ["pipeline.portal_id", "pipeline.id"],
            name="stage_pipeline_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="stage_pkey"),
        sa.UniqueConstraint("portal_id", "pipeline_id", "key", name="stage_key_key"),
    )
    secure("stage")


def create_tab_setting() -> None:
    op.create_table(
        "tab_setting",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", Identifier(), nullable=False),
        sa.Column("tab", Label(63), nullable=False),
        sa.Column("is_visible", sa.Boolean()),
        sa.Column("setting_values", StoredJSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "workspace_id"],
            ["workspace.portal_id", "workspace.id"],
            name="tab_setting_workspace_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "workspace_id", "tab", name="tab_setting_pkey"),
    )
    secure("tab_setting")


def create_team_member() -> None:
    op.create_table(
        "team_member",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("user_id", Identifier(), nullable=False),
        sa.Column("team_id", Identifier(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "team_id"],
            ["team.portal_id", "team.id"],
            name="team_member_team_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "user_id"],
            ["app_user.portal_id", "app_user.id"],
            name="team_member_user_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "user_id", "team_id", name="team_member_pkey"),
    )
    op.create_index(
        "team_member_one_primary",
        "team_member",
        ["portal_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    )
    op.create_index("team_member_team", "team_member", ["portal_id", "team_id"])
    secure("team_member")


def create_user_permission() -> None:
    op.create_table(
        "user_permission",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("user_id", Identifier(), nullable=False),
        sa.Column("permission", Label(63), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "user_id"],
            ["app_user.portal_id", "app_user.id"],
            name="user_permission_user_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "user_id", "permission", name="user_permission_pkey"),
    )
    secure("user_permission")


def create_workspace_team() -> None:
    op.create_table(
        "workspace_team",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("team_id", Identifier(), nullable=False),
        sa.Column("workspace_id", Identifier(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "team_id"],
            ["team.portal_id", "team.id"],
            name="workspace_team_team_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "workspace_id"],
            ["workspace.portal_id", "workspace.id"],
            name="workspace_team_workspace_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "team_id", name="workspace_team_pkey"),
    )
    op.create_index("workspace_team_workspace", "workspace_team", ["portal_id", "workspace_id"])
    secure("workspace_team")


def create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("email", Label(255)),
        sa.Column("phone", sa.String(63)),
        sa.Column("job_title", sa.String(255)),
        sa.Column("company_id", Identifier()),
        sa.Column("owner_id", Identifier()),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("last_activity_at", Instant()),
        sa.Column("archived_at", Instant()),
        sa.Column("merged_into_id", Identifier()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "company_id"], ["company.portal_id", "company.id"], name="contact_company_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"], ["app_user.portal_id", "app_user.id"], name="contact_owner_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="contact_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="contact_external_id_key"),
    )
    op.create_index(
        "contact_company_id", "contact", ["portal_id", "company_id", "name_folded", "id", "archived_at"]
    )
    op.create_index(
        "contact_created_at",
        "contact",
        ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "contact_owner_id",
        "contact",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    secure("contact")


def create_custom_record() -> None:
    op.create_table(
        "custom_record",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("object_type", Label(63), nullable=False),
        sa.Column("pipeline_id", Identifier()),
        sa.Column("stage_id", Identifier()),
        sa.Column("owner_id", Identifier()),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("last_activity_at", Instant()),
        sa.Column("archived_at", Instant()),
        sa.Column("merged_into_id", Identifier()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "object_type"],
            ["custom_object.portal_id", "custom_object.object_type"],
            name="custom_record_object_type_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"],
            ["app_user.portal_id", "app_user.id"],
            name="custom_record_owner_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "pipeline_id"],
            ["pipeline.portal_id", "pipeline.id"],
            name="custom_record_pipeline_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "stage_id"], ["stage.portal_id", "stage.id"], name="custom_record_stage_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="custom_record_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="custom_record_external_id_key"),
    )
    op.create_index(
        "custom_record_created_at",
        "custom_record",
        ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "custom_record_object_type",
        "custom_record",
        ["portal_id", "object_type", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "custom_record_owner_id",
        "custom_record",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "custom_record_pipeline_id",
        "custom_record",
        ["portal_id", "pipeline_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "custom_record_stage_id",
        "custom_record",
        ["portal_id", "stage_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    secure("custom_record")


def create_deal() -> None:
    op.create_table(
        "deal",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("amount_currency", Label(3)),
        sa.Column("close_on", sa.Date()),
        sa.Column("company_id", Identifier()),
        sa.Column("pipeline_id", Identifier()),
        sa.Column("stage_id", Identifier()),
        sa.Column("owner_id", Identifier()),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("last_activity_at", Instant()),
        sa.Column("archived_at", Instant()),
        sa.Column("merged_into_id", Identifier()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "company_id"], ["company.portal_id", "company.id"], name="deal_company_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"], ["app_user.portal_id", "app_user.id"], name="deal_owner_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "pipeline_id"], ["pipeline.portal_id", "pipeline.id"], name="deal_pipeline_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "stage_id"], ["stage.portal_id", "stage.id"], name="deal_stage_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="deal_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="deal_external_id_key"),
    )
    op.create_index(
        "deal_company_id",
        "deal",
        ["portal_id", "company_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "deal_created_at", "deal", ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"]
    )
    op.create_index(
        "deal_owner_id",
        "deal",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "deal_pipeline_id",
        "deal",
        ["portal_id", "pipeline_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "deal_stage_amount",
        "deal",
        ["portal_id", "stage_id", "amount_currency", "archived_at", "amount_minor"],
    )
    op.create_index(
        "deal_stage_id",
        "deal",
        ["portal_id", "stage_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    secure("deal")


def create_ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("priority", Label(16)),
        sa.Column("company_id", Identifier()),
        sa.Column("pipeline_id", Identifier()),
        sa.Column("stage_id", Identifier()),
        sa.Column("owner_id", Identifier()),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("last_activity_at", Instant()),
        sa.Column("archived_at", Instant()),
        sa.Column("merged_into_id", Identifier()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "company_id"], ["company.portal_id", "company.id"], name="ticket_company_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"], ["app_user.portal_id", "app_user.id"], name="ticket_owner_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "pipeline_id"],
            ["pipeline.portal_id", "pipeline.id"],
            name="ticket_pipeline_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "stage_id"], ["stage.portal_id", "stage.id"], name="ticket_stage_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="ticket_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="ticket_external_id_key"),
    )
    op.create_index(
        "ticket_company_id",
        "ticket",
        ["portal_id", "company_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "ticket_created_at",
        "ticket",
        ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "ticket_owner_id",
        "ticket",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "ticket_pipeline_id",
        "ticket",
        ["portal_id", "pipeline_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "ticket_stage_id",
        "ticket",
        ["portal_id", "stage_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    secure("ticket")
