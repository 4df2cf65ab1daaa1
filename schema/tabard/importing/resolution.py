"""Resolution: finds what each reference means; a row that refers to nothing, or to a rejected row, is bad too."""

from collections import defaultdict
from dataclasses import dataclass

from tabard.columns import fold
from tabard.importing.drafts import Draft, Drafts
from tabard.importing.entries import Entry, Reference
from tabard.importing.files import Row
from tabard.importing.lookups import Role
from tabard.importing.rejections import Rejections
from tabard.importing.state import State, Wanted, naming_column
from tabard.importing.targets import EXTERNAL_ID, Target
from tabard.importing.values import shown


def wanted_of(drafts: Drafts, targets: dict[str, Target], wanted: Wanted) -> None:
    """Adds to `wanted` what the drafts are and what they refer to."""
    for draft in drafts:
        wanted.ids[draft.noun].add(draft.external_id)
    for entry in all_entries(drafts):
        for reference in entry.references:
            lookup = reference.lookup
            if lookup.by == EXTERNAL_ID:
                wanted.ids[lookup.noun].add(reference.text)
            else:
                wanted.names[lookup.noun, lookup.by].add(
                    name_of(targets[lookup.noun], lookup.by, reference.text)
                )


def all_entries(drafts: Drafts) -> list[Entry]:
    """Every entry, those of rows that only associate last."""
    return [entry for draft in drafts for entry in draft.entries] + drafts.loose


def name_of(target: Target, by: str, text: str) -> str:
    """A text as it is compared."""
    return (fold(text) or "") if naming_column(target.table, by) != by else text


@dataclass(frozen=True)
class _Found:
    """What a reference means: a draft, or else the id of what is stored."""

    draft: Draft | None
    id: int | None = None


class Resolver:
    """Resolves references until no further row turns out bad."""

    def __init__(
        self, drafts: Drafts, state: State, targets: dict[str, Target], rejections: Rejections
    ) -> None:
        self._drafts = drafts
        self._state = state
        self._targets = targets
        self._rejections = rejections
        self._names: dict[tuple[str, str], dict[str, list[Draft]]] = {}
        self._referring: dict[Draft, list[tuple[Entry, Reference]]] = defaultdict(list)
        self._found: dict[Reference, _Found] = {}
        self._of_row: dict[Row, list[Draft]] = defaultdict(list)
        self._suspects: list[Draft] = []

    def resolve(self) -> None:
        """Rejects what cannot be resolved, and what depends on rejected rows."""
        for draft in self._drafts:
            stored = self._state.id_of(draft.noun, draft.external_id)
            draft.id, draft.is_stored = stored or 0, stored is not None
            for entry in draft.entries:
                self._of_row[entry.row].append(draft)
        for entry in all_entries(self._drafts):
            for reference in entry.references:
                self._resolve(entry, reference)
        for circle in circles(self._parents()):
            self._reject_circle(circle)
        self._spread()

    def assign(self) -> None:
        """Writes the ids that were found into the references, once all drafts have theirs."""
        for reference, found in self._found.items():
            reference.id = found.draft.id if found.draft else found.id

    def _resolve(self, entry: Entry, reference: Reference) -> None:
        lookup, candidates = reference.lookup, self._candidates(reference)
        if len(candidates) > 1:
            reason = (
                f"{len(candidates)} of the kind '{lookup.noun}' have the {lookup.by} {shown(reference.text)}"
            )
            self._reject(entry, reference, f"{reason}; refer to it by its external id")
        elif candidates:
            self._found[reference] = candidates[0]
            if candidates[0].draft is not None:
                self._referring[candidates[0].draft].append((entry, reference))
        elif not lookup.is_optional:
            by = "" if lookup.by == EXTERNAL_ID else f" with the {lookup.by}"
            reason = (
                f"there is no {lookup.noun}{by} {shown(reference.text)}, neither in a file nor in the portal"
            )
            self._reject(entry, reference, reason)

    def _candidates(self, reference: Reference) -> list[_Found]:
        lookup = reference.lookup
        drafts = self._drafts.of(lookup.noun)
        if lookup.by == EXTERNAL_ID:
            draft, stored = drafts.get(reference.text), self._state.id_of(lookup.noun, reference.text)
            return [_Found(draft)] if draft else [_Found(None, stored)] if stored is not None else []
        name = name_of(self._targets[lookup.noun], lookup.by, reference.text)
        named = [_Found(draft) for draft in self._named(lookup.noun, lookup.by).get(name, [])]
        for id_, external_id in self._state.named.get((lookup.noun, lookup.by), {}).get(name, []):
            draft = drafts.get(external_id) if external_id else None
            # What a file says about a stored thing, its new name too, is in the drafts.
            if draft is None or draft.first(lookup.by) is None:
                named.append(_Found(draft, id_))
        return named

    def _named(self, noun: str, by: str) -> dict[str, list[Draft]]:
        """The drafts of a kind by a text, as it is compared."""
        if (noun, by) not in self._names:
            index: dict[str, list[Draft]] = defaultdict(list)
            for draft in self._drafts.of(noun).values():
                text = draft.first(by)
                if text is not None:
                    index[name_of(self._targets[noun], by, text)].append(draft)
            self._names[noun, by] = index
        return self._names[noun, by]

    def _reject(self, entry: Entry, reference: Reference, reason: str) -> None:
        self._reject_row(entry.row, reference.lookup.source.label, reason)

    def _reject_row(self, row: Row, column: str, reason: str) -> None:
        self._rejections.add(row, column, reason)
        self._suspects += self._of_row[row]

    def _spread(self) -> None:
        """Rejects the rows that refer to something of which no good row is left."""
        self._suspects = list(self._drafts)
        gone: set[Draft] = set()
        while self._suspects:
            draft = self._suspects.pop()
            if draft in gone or not self._is_gone(draft):
                continue
            gone.add(draft)
            self._reject_referring(draft)

    def _reject_referring(self, draft: Draft) -> None:
        row = draft.entries[0].row
        for entry, reference in self._referring[draft]:
            if not self._rejections.has(entry.row, reference.lookup.source.label):
                reason = f"the {draft.noun} {shown(reference.text)} is not imported: see {row.file}, line {row.line}"
                self._reject(entry, reference, reason)

    def _is_gone(self, draft: Draft) -> bool:
        if draft.is_stored:
            return False
        alive = draft.alive(self._rejections)
        missing = [key for key in draft.target.required if not any(entry.values.get(key) for entry in alive)]
        for entry in alive if missing else ():
            reason = (
                f"no row says the '{missing[0]}' of the {draft.noun} {shown(draft.external_id)}, which is new"
            )
            self._reject_row(entry.row, "", reason)
        return not alive or bool(missing)

    def _parents(self) -> dict[Draft, tuple[Draft, Entry, Reference]]:
        """For each draft the one of its own kind that a column of it refers to."""
        return {
            draft: (found.draft, entry, reference)
            for draft in self._drafts
            for entry in draft.entries
            for reference in entry.references
            if reference.lookup.role is Role.COLUMN and reference.lookup.noun == draft.noun
            if (found := self._found.get(reference)) is not None and found.draft is not None
        }

    def _reject_circle(self, circle: list[tuple[Draft, Entry, Reference]]) -> None:
        texts = [reference.text for _, _, reference in circle]
        for _, entry, reference in circle:
            path = " > ".join([texts[-1], *texts])
            self._reject(entry, reference, f"the {reference.lookup.name} leads in a circle: {path}")


def circles(
    parents: dict[Draft, tuple[Draft, Entry, Reference]],
) -> list[list[tuple[Draft, Entry, Reference]]]:
    """The circles in chains of parents, each once."""
    found, done = [], set[Draft]()
    for start in parents:
        chain: dict[Draft, None] = {}
        draft = start
        while draft in parents and draft not in done and draft not in chain:
            chain[draft] = None
            draft = parents[draft][0]
        if draft in chain:
            members = list(chain)
            found.append([parents[member] for member in members[members.index(draft) :]])
        done |= set(chain)
    return found
