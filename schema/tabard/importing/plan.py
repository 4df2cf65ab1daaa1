"""The plan: what has to be written so that the portal says what the files say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tabard.importing.associations import Associations
from tabard.importing.batches import Batch, catalogue_batches, inserts, updates
from tabard.importing.custom_values import CustomValues
from tabard.importing.drafts import Draft, Drafts
from tabard.importing.entries import Entry
from tabard.importing.lookups import Role
from tabard.importing.mapping import Mapping as ImportMapping
from tabard.importing.people import People, seat_of
from tabard.importing.rejections import Rejections
from tabard.importing.state import State
from tabard.importing.targets import EXTERNAL_ID, TEAM, USER, Target
from tabard.storage.row_writes import ROW_ID

# Columns in which no value leaves the stored one, or the default.
_NEVER_EMPTY = ("created_at", "is_active")


@dataclass
class Tally:
    """How many things of a kind an import made, changed, and found as they should be."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Plan:
    """The batches in an order that every reference allows, and what they amount to."""

    batches: list[Batch]
    tallies: dict[str, Tally]
    associations: int


@dataclass
class _Changes:
    """The rows to write of one table."""

    new: list[dict[str, Any]] = field(default_factory=list)
    linked: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)


class Planner:
    """Makes the plan for the drafts of which good rows are left."""

    def __init__(self, mapping: ImportMapping, state: State, rejections: Rejections, now: datetime) -> None:
        self._state = state
        self._rejections = rejections
        self._now = now
        self._catalogue = mapping.catalogue
        self._targets = _ordered(mapping.targets)
        self._places = {target.noun: place for place, target in enumerate(self._targets)}
        self._changes = {target.noun: _Changes() for target in self._targets}
        self._values = CustomValues(state, now)
        self._people = People(state)
        self._associations = Associations(state, mapping.catalogue.new_id, now)
        kinds = (import_.target.noun for import_ in mapping.imports if import_.target)
        self._tallies = {noun: Tally() for noun in dict.fromkeys(kinds)}

    def plan(self, drafts: Drafts) -> Plan:
        """The plan; the drafts' references have their ids."""
        for target in self._targets:
            for draft in drafts.of(target.noun).values():
                entries = draft.alive(self._rejections)
                if entries:
                    self._add(draft, entries)
        for entry in drafts.loose:
            if entry.row not in self._rejections:
                self._associations.add_pair(entry)
        self._values.declare_options(self._catalogue)
        return Plan(self._batches(), self._tallies, self._associations.count)

    def _add(self, draft: Draft, entries: list[Entry]) -> None:
        cells = cells_of(entries)
        is_changed = [self._values.add(draft, entries)]
        if draft.noun == USER:
            if (seat := seat_of(entries)) is not None:
                cells["has_seat"] = seat
            is_changed.append(self._people.add(draft.id, entries, is_new=not draft.is_stored))
        self._associations.add(draft, entries)
        tally = self._tallies[draft.noun]
        if not draft.is_stored:
            self._create(draft, cells)
            tally.created += 1
        elif self._change(draft, cells, is_changed=any(is_changed)):
            tally.updated += 1
        else:
            tally.unchanged += 1

    def _create(self, draft: Draft, cells: dict[str, Any]) -> None:
        changes = self._changes[draft.noun]
        later = {
            link.column: cells.pop(link.column)
            for link in draft.target.links.values()
            if cells.get(link.column) is not None and self._places[link.noun] >= self._places[draft.noun]
        }
        row = {
            "id": draft.id,
            EXTERNAL_ID: draft.external_id,
            **defaults_of(draft.target, self._now),
            **cells,
        }
        changes.new.append(row)
        if later:
            changes.linked.append({ROW_ID: draft.id, **later})

    def _change(self, draft: Draft, cells: dict[str, Any], *, is_changed: bool) -> bool:
        """Whether anything of a stored thing changes, its custom values and memberships included."""
        stored = self._state.rows[draft.noun][draft.external_id]
        changed = {name: cell for name, cell in cells.items() if stored[name] != cell}
        if "version" in stored and (changed or is_changed):
            changed |= {"version": stored["version"] + 1, "updated_at": self._now}
        if changed:
            self._changes[draft.noun].changed.append({ROW_ID: draft.id, **changed})
        return bool(changed) or is_changed

    def _batches(self) -> list[Batch]:
        batches = catalogue_batches(self._catalogue)
        for target in self._targets:
            batches += inserts(target.noun, target.table, _even(self._changes[target.noun].new))
        for target in self._targets:
            changes = self._changes[target.noun]
            batches += updates(target.noun, target.table, changes.linked)
            batches += updates(target.noun, target.table, changes.changed)
        return [*batches, *self._people.batches(), *self._values.batches(), *self._associations.batches()]


def cells_of(entries: list[Entry]) -> dict[str, Any]:
    """The cells of every column that the entries say, empty ones too; what is filled wins."""
    cells: dict[str, Any] = {}
    for entry in entries:
        for name, cell in _said(entry):
            if cells.get(name) is None:
                cells[name] = cell
    return {name: cell for name, cell in cells.items() if cell is not None or name not in _NEVER_EMPTY}


def _said(entry: Entry) -> Iterable[tuple[str, Any]]:
    for setter in entry.import_.setters:
        if setter.field.property_id is None:
            yield from zip(setter.field.columns, entry.values[setter.field.key], strict=True)
    for lookup in entry.import_.lookups:
        if lookup.role is Role.COLUMN:
            yield lookup.slot, None
    for reference in entry.references:
        if reference.lookup.role is Role.COLUMN:
            yield reference.lookup.slot, reference.id
    if entry.stage is not None:
        yield from zip(("pipeline_id", "stage_id"), entry.stage, strict=True)


def columns_of(mapping: ImportMapping) -> dict[str, list[str]]:
    """The columns that the imports of each kind may write."""
    columns: dict[str, list[str]] = {}
    for import_ in mapping.imports:
        if import_.target is not None:
            found = columns.setdefault(import_.target.noun, [])
            fields = [setter.field for setter in import_.setters]
            found += [name for field in fields if field.property_id is None for name in field.columns]
            found += [lookup.slot for lookup in import_.lookups if lookup.role is Role.COLUMN]
            found += ["pipeline_id", "stage_id"] if import_.staging else []
            found += ["has_seat"] if import_.target.noun == USER else []
    return columns


def defaults_of(target: Target, now: datetime) -> dict[str, Any]:
    """What a new thing has that no file says."""
    if target.noun == TEAM:
        return {}
    if target.noun == USER:
        return {"is_super_admin": False, "has_seat": True, "is_active": True, "created_at": now}
    return {"version": 1, "created_at": now, "updated_at": now}


def assign_ids(drafts: Drafts, rejections: Rejections, new_id: Callable[[], int]) -> None:
    """Gives every new thing that will be written its id."""
    for draft in drafts:
        if not draft.is_stored and draft.alive(rejections):
            draft.id = new_id()


def _ordered(targets: Mapping[str, Target]) -> list[Target]:
    """The targets, each behind those that its rows refer to."""
    by_table = {target.table: target for target in targets.values()}
    return [by_table[table] for table in sa.schema.sort_tables(by_table)]


def _even(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the same columns each."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in columns} for row in rows]
