"""Entries: the history, audit entry and event that go with a change, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tabard.properties import PropertyKind
from tabard.records import journal
from tabard.records.values import as_json

if TYPE_CHECKING:
    from tabard.work import Work

API = "API"


@dataclass(frozen=True)
class Change:
    """A property's change on a record: its value before and after, as Python values."""

    key: str
    kind: PropertyKind | None
    before: Any
    after: Any


def write_history(
    work: Work, object_type: str, record_id: int, changes: Sequence[Change], *, source: str = API
) -> None:
    """One history row for each changed property."""
    rows = (
        {
            "record_id": record_id,
            "object_type": object_type,
            "property_key": change.key,
            "value": as_json(change.kind, change.after),
            "user_value": change.after if change.kind is PropertyKind.USER else None,
            "changed_at": work.now,
            "source": source,
            "source_label": work.operation,
            "actor_id": work.viewer.user_id,
        }
        for change in changes
    )
    work.append(journal.property_history, *rows)


def as_changes(changes: Sequence[Change]) -> dict[str, Any]:
    """The changes as audit entries and events hold them: key to `[before, after]`."""
    return {
        change.key: [as_json(change.kind, change.before), as_json(change.kind, change.after)]
        for change in changes
    }


def write_entry(
    work: Work, action: str, subject_type: str, subject_id: int | None, changes: Mapping[str, Any]
) -> None:
    """The audit entry of a change and the event that tells subscribers of it."""
    row = {
        "at": work.now,
        "actor_id": work.viewer.user_id,
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "changes": dict(changes),
    }
    work.append(journal.audit_entry, row)
    work.tell(action, subject_type, subject_id, changes)
