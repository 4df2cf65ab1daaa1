"""Associations: the links between imported records that are rows of their own, in both directions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tabard.importing.batches import Batch, inserts
from tabard.importing.drafts import Draft
from tabard.importing.entries import Entry
from tabard.importing.lookups import Role
from tabard.importing.state import State
from tabard.records import tables


class Associations:
    """The associations to write; what is stored already, or said twice, is written once."""

    def __init__(self, state: State, new_id: Callable[[], int], now: datetime) -> None:
        self._known = set(state.associations)
        self._new_id = new_id
        self._now = now
        self._rows: list[dict[str, Any]] = []
        self.count = 0

    def add(self, draft: Draft, entries: list[Entry]) -> None:
        """Enters what a record is associated with."""
        for entry in entries:
            for reference in entry.references:
                lookup = reference.lookup
                if lookup.role is Role.ASSOCIATION and reference.id is not None:
                    self._join((draft.noun, draft.id), (lookup.noun, reference.id), lookup.label_id)

    def add_pair(self, entry: Entry) -> None:
        """Enters the two records that a row associates."""
        ends = [
            (reference.lookup.noun, reference.id)
            for reference in entry.references
            if reference.id is not None
        ]
        if len(ends) == 2:
            self._join(ends[0], ends[1], entry.import_.label_id)

    def _join(self, one: tuple[str, int], other: tuple[str, int], label_id: int | None) -> None:
        if (one[1], other[1], label_id) in self._known or one == other:
            return
        self.count += 1
        for (from_type, from_id), (to_type, to_id), is_inverse in ((one, other, False), (other, one, True)):
            self._known.add((from_id, to_id, label_id))
            row = {"from_type": from_type, "from_id": from_id, "to_type": to_type, "to_id": to_id}
            self._rows.append(
                {
                    "id": self._new_id(),
                    **row,
                    "label_id": label_id,
                    "is_inverse": is_inverse,
                    "created_at": self._now,
                }
            )

    def batches(self) -> list[Batch]:
        """What is written."""
        return inserts("associations", tables.association, self._rows)
