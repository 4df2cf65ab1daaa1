"""First tables."""

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier, Instant, Label
from tabard.migrating import secure

revision = "services_0001"
down_revision = None
branch_labels = ("services",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table(
        "service",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_folded", Label(255), nullable=False),
        sa.Column("category", sa.String(255)),
        sa.Column("total_cost_minor", sa.BigInteger()),
        sa.Column("total_cost_currency", Label(3)),
        sa.Column("starts_on", sa.Date()),
        sa.Column("target_end_on", sa.Date()),
        sa.Column("renewal_on", sa.Date()),
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
            ["portal_id", "company_id"], ["company.portal_id", "company.id"], name="service_company_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "owner_id"], ["app_user.portal_id", "app_user.id"], name="service_owner_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "pipeline_id"],
            ["pipeline.portal_id", "pipeline.id"],
            name="service_pipeline_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id", "stage_id"], ["stage.portal_id", "stage.id"], name="service_stage_id_fkey"
        ),
        sa.PrimaryKeyConstraint("portal_id", "id", name="service_pkey"),
        sa.UniqueConstraint("portal_id", "external_id", name="service_external_id_key"),
    )
    op.create_index(
        "service_company_id",
        "service",
        ["portal_id", "company_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "service_created_at",
        "service",
        ["portal_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "service_owner_id",
        "service",
        ["portal_id", "owner_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "service_pipeline_id",
        "service",
        ["portal_id", "pipeline_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    op.create_index(
        "service_stage_id",
        "service",
        ["portal_id", "stage_id", sa.literal_column("created_at DESC"), "id", "archived_at"],
    )
    secure("service")


def downgrade() -> None:
    op.drop_table("service")
