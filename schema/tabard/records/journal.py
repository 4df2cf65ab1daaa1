"""The journal's tables: what is written beside every change, in the same transaction."""

import sqlalchemy as sa

from tabard.columns import Identifier, Instant, Label, StoredJSON, reference
from tabard.records.tables import tenant, user
from tabard.storage.statements import PreparedWrite
from tabard.storage.transaction_id import TransactionId

# One row for each value a property has had; `value` is what the property changed to.
property_history = tenant(
    "property_history",
    reference("record_id", nullable=False),
    sa.Column("object_type", Label(63), nullable=False),
    sa.Column("property_key", Label(63), nullable=False),
    sa.Column("value", StoredJSON),
    # Repeated from `value` where it is a user, so that "assigned in the last 30 days" is one index range.
    sa.Column("user_value", Identifier),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("source", Label(16), nullable=False),
    sa.Column("source_label", sa.String(255)),
    reference("actor_id"),
    sa.Index("property_history_record", "portal_id", "record_id", "property_key", "changed_at", "id"),
    sa.Index(
        "property_history_assigned", "portal_id", "object_type", "property_key", "user_value", "changed_at"
    ),
    parents={"actor_id": user},
)

audit_entry = tenant(
    "audit_entry",
    sa.Column("at", Instant, nullable=False),
    reference("actor_id"),
    sa.Column("action", Label(63), nullable=False),
    sa.Column("subject_type", Label(63), nullable=False),
    reference("subject_id"),
    sa.Column("changes", StoredJSON, nullable=False),
    sa.Index("audit_entry_at", "portal_id", "at", "id"),
    sa.Index("audit_entry_subject", "portal_id", "subject_id", "at", "id"),
    parents={"actor_id": user},
)

# `position` orders events without a gap that a reader could step over: the transaction's id on
# PostgreSQL, the writer's own count on SQLite.
outbox_event = tenant(
    "outbox_event",
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("kind", Label(63), nullable=False),
    sa.Column("subject_type", Label(63), nullable=False),
    reference("subject_id"),
    sa.Column("payload", StoredJSON, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("outbox_event_position", "portal_id", "position", "id"),
)

_LAST = sa.func.coalesce(sa.func.max(outbox_event.c.position), 0)
# By the database's kind.
new_event = {
    "postgresql": PreparedWrite(sa.insert(outbox_event).values(position=TransactionId())),
    "sqlite": PreparedWrite(sa.insert(outbox_event).values(position=sa.select(_LAST + 1).scalar_subquery())),
}

idempotency_record = tenant(
    "idempotency_record",
    reference("actor_id", nullable=False),
    sa.Column("key", Label(255), nullable=False),
    sa.Column("path", Label(255), nullable=False),
    sa.Column("input_hash", Label(64), nullable=False),
    sa.Column("outcome", StoredJSON),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("idempotency_record_age", "portal_id", "created_at"),
    key=("actor_id", "key", "path"),
    parents={"actor_id": user},
    cascade=("actor_id",),
)
