"""First tables."""

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier
from tabard.migrating import secure

revision = "renewals_0001"
down_revision = None
branch_labels = ("renewals",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table(
        "renewals_due",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("company_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id", "company_id"],
            ["company.portal_id", "company.id"],
            name="renewals_due_company_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "company_id", name="renewals_due_pkey"),
    )
    op.create_index("ix_renewals_due_due_on", "renewals_due", ["due_on"])
    secure("renewals_due")


def downgrade() -> None:
    op.drop_table("renewals_due")
