"""Drafts: the things that an import makes or changes, each from the entries of one or more rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tabard.importing.entries import Entry
from tabard.importing.files import Row
from tabard.importing.lookups import Role
from tabard.importing.rejections import Rejections
from tabard.importing.targets import Target
from tabard.importing.values import shown

SINGLE = (Role.COLUMN, Role.CUSTOM, Role.PRIMARY_TEAM)


@dataclass(slots=True, eq=False)
class Draft:
    """A thing by its external id; `id` is the stored one's when `is_stored`, else a fresh one.

    `said` is what its entries say that others may not contradict; kept from the second entry on.
    """

    target: Target
    external_id: str
    entries: list[Entry] = field(default_factory=list)
    id: int = 0
    is_stored: bool = False
    said: dict[str, tuple[Any, Any, Row]] = field(default_factory=dict)

    @property
    def noun(self) -> str:
        """The kind of thing."""
        return self.target.noun

    def alive(self, rejections: Rejections) -> list[Entry]:
        """The entries whose rows are good."""
        return [entry for entry in self.entries if entry.row not in rejections]

    def first(self, key: str) -> str | None:
        """The text of a property, as the first entry says it that says any."""
        cells = (entry.values[key][0] for entry in self.entries if key in entry.values)
        return next((cell for cell in cells if cell is not None), None)


class Drafts:
    """All drafts, by kind and external id, in the order of their first rows."""

    def __init__(self, rejections: Rejections) -> None:
        self._rejections = rejections
        self._drafts: dict[str, dict[str, Draft]] = {}
        self.loose: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Enters what a row says; a row that says it again, or otherwise, is bad."""
        target = entry.import_.target
        if target is None:
            self.loose.append(entry)
            return
        of_noun = self._drafts.setdefault(target.noun, {})
        draft = of_noun.get(entry.external_id)
        if draft is None:
            draft = of_noun[entry.external_id] = Draft(target, entry.external_id)
        elif not entry.import_.is_distinct and (earlier := _repeated(draft, entry)):
            source = entry.import_.external_id
            reason = f"{shown(entry.external_id)} is the id of line {earlier.line} already"
            self._rejections.add(entry.row, source.label if source else "", reason)
            return
        self._compare(draft, entry)
        draft.entries.append(entry)

    def _compare(self, draft: Draft, entry: Entry) -> None:
        """Rejects a row that contradicts an earlier one about the same thing."""
        if len(draft.entries) == 1:
            draft.said = _sayings(draft.entries[0])
        for name, (said, text, _) in _sayings(entry).items() if draft.entries else ():
            earlier, told, row = draft.said.setdefault(name, (said, text, entry.row))
            if said != earlier:
                where = f"{row.file} line {row.line}"
                about = f"the same {draft.noun}, {shown(draft.external_id)}"
                reason = f"'{name}' is {shown(text)} here, but {shown(told)} in {where}, for {about}"
                self._rejections.add(entry.row, "", reason)

    def of(self, noun: str) -> dict[str, Draft]:
        """The drafts of a kind, by external id."""
        return self._drafts.get(noun, {})

    def __iter__(self) -> Iterator[Draft]:
        return (draft for of_noun in self._drafts.values() for draft in of_noun.values())


def _repeated(draft: Draft, entry: Entry) -> Row | None:
    """The row of the same import that has the same id."""
    return next((other.row for other in draft.entries if other.import_ is entry.import_), None)


def _sayings(entry: Entry) -> dict[str, tuple[Any, str, Row]]:
    """What an entry says that another may not say otherwise: by name, what is compared and how it is told."""
    said = {
        key: (cells, str(cells[0]), entry.row) for key, cells in entry.values.items() if cells[0] is not None
    }
    for reference in entry.references:
        lookup = reference.lookup
        if lookup.role in SINGLE:
            said[lookup.name] = ((lookup.by, reference.text), reference.text, entry.row)
    if entry.stage is not None:
        said["stage"] = (entry.stage, "another stage", entry.row)
    return said
