"""Custom values: the custom properties of imported records, as rows of `property_value`."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tabard.importing.batches import Batch, deletes, inserts
from tabard.importing.catalogue import Catalogue
from tabard.importing.declarations import with_options
from tabard.importing.drafts import Draft
from tabard.importing.entries import Entry
from tabard.importing.fields import Cells
from tabard.importing.lookups import Role
from tabard.importing.state import VALUE_COLUMNS, State
from tabard.properties import PropertyKind
from tabard.records import tables

KEY = ("record_id", "property_id")
_BLANK: Cells = (None,) * len(VALUE_COLUMNS)
_PLACES = {name: place for place, name in enumerate(VALUE_COLUMNS)}


@dataclass
class CustomValues:
    """The values to write, gathered record by record."""

    state: State
    now: datetime
    gone: list[dict[str, Any]] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)
    options: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, draft: Draft, entries: list[Entry]) -> bool:
        """Enters a record's values; says whether anything changes."""
        stored = self.state.values.get(draft.id, {})
        is_changed = False
        for key, cells in _told(entries).items():
            property_id = draft.target.fields[key].property_id
            if property_id is None:
                continue
            if draft.target.fields[key].kind is PropertyKind.OPTION and cells != _BLANK:
                self.options[draft.noun, key].add(cells[0])
            if stored.get(property_id, _BLANK) != cells:
                is_changed = True
                self._change(draft.id, property_id, cells, is_stored=property_id in stored)
        return is_changed

    def _change(self, record_id: int, property_id: int, cells: Cells, *, is_stored: bool) -> None:
        key = dict(zip(KEY, (record_id, property_id), strict=True))
        if is_stored:
            self.gone.append(key)
        if cells != _BLANK:
            self.new.append({**key, **dict(zip(VALUE_COLUMNS, cells, strict=True)), "updated_at": self.now})

    def declare_options(self, catalogue: Catalogue) -> None:
        """Adds the options that the data has and the mapping does not list, in alphabetical order."""
        for key, values in self.options.items():
            wanted = catalogue.properties[key].wanted
            known = {option["value"] for option in wanted["options"]}
            more = [{"value": value, "label": value} for value in sorted(values - known)]
            catalogue.properties[key].wanted = {**wanted, "options": with_options(wanted["options"], more)}

    def batches(self) -> list[Batch]:
        """What is written."""
        return [
            *deletes("property values", tables.property_value, KEY, self.gone),
            *inserts("property values", tables.property_value, self.new),
        ]


def _told(entries: list[Entry]) -> dict[str, Cells]:
    """The cells of every custom property that the entries say, blank ones too; what is filled wins."""
    told: dict[str, Cells] = {}
    for entry in entries:
        for setter in entry.import_.setters:
            if setter.field.property_id is not None:
                _tell(told, setter.field.key, _row(setter.field.columns, entry.values[setter.field.key]))
        for lookup in entry.import_.lookups:
            if lookup.role is Role.CUSTOM:
                found = [reference.id for reference in entry.references if reference.lookup is lookup]
                _tell(told, lookup.slot, _row(("user_id",), (found[0] if found else None,)))
    return told


def _tell(told: dict[str, Cells], key: str, cells: Cells) -> None:
    if told.get(key, _BLANK) == _BLANK:
        told[key] = cells


def _row(columns: tuple[str, ...], cells: Cells) -> Cells:
    row: list[Any] = list(_BLANK)
    for name, cell in zip(columns, cells, strict=True):
        row[_PLACES[name]] = cell
    return tuple(row)
