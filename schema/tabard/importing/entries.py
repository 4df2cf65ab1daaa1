"""Entries: what each row says about one thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tabard.errors import BadCell
from tabard.importing.fields import Cells
from tabard.importing.files import Progress, Row
from tabard.importing.imports import Import
from tabard.importing.lookups import Lookup
from tabard.importing.mapping import Mapping as ImportMapping
from tabard.importing.rejections import Rejections
from tabard.importing.sources import Texts
from tabard.importing.values import shown

LONGEST_ID = 255


@dataclass(slots=True, eq=False)
class Reference:
    """That a row refers to something by a text; `id` is what was found, None when it is left out."""

    lookup: Lookup
    text: str
    id: int | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """What a row says about the thing with this external id: the cells of its properties, and references.

    `stage` holds the ids of pipeline and stage.
    """

    row: Row
    import_: Import
    external_id: str = ""
    values: dict[str, Cells] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    stage: tuple[int, int] | None = None


class EntryReader:
    """Reads every file once and makes the entries of all imports of it; bad cells become rejections."""

    def __init__(self, mapping: ImportMapping, rejections: Rejections, progress: Progress) -> None:
        self._mapping = mapping
        self._rejections = rejections
        self._progress = progress
        self.rows = 0

    def read(self) -> Iterator[Entry]:
        """The entries of all rows, of bad ones too: others may refer to what they were to become."""
        for name, file in self._mapping.files.items():
            imports = [import_ for import_ in self._mapping.imports if import_.name == name]
            places = {column: position for position, column in enumerate(file.header)}
            indexes = [
                {name: places[name] for name in import_.columns if name in places} for import_ in imports
            ]
            for row in file.rows(self._progress):
                self.rows += 1
                if row.problem:
                    self._rejections.add(row, "", row.problem)
                    continue
                for import_, index in zip(imports, indexes, strict=True):
                    yield from self._entries(import_, row, index)

    def _entries(self, import_: Import, row: Row, index: Mapping[str, int]) -> Iterator[Entry]:
        texts = import_.texts(row.cells, index, row.line)
        if not import_.takes(texts):
            return
        external_id = self._external_id(import_, row, texts)
        if external_id is None:
            return
        entry = Entry(row, import_, external_id)
        self._set(entry, texts)
        self._refer(entry, texts)
        self._stage(entry, texts)
        yield entry

    def _external_id(self, import_: Import, row: Row, texts: Texts) -> str | None:
        """The external id, empty for rows that only associate; None when the row makes nothing."""
        source = import_.external_id
        if source is None:
            return ""
        text = source.text(texts)
        if text is None and not import_.is_distinct:
            self._rejections.add(row, source.label, "is empty, but identifies the row")
        elif text is not None and len(text) > LONGEST_ID:
            reason = f"{shown(text)} has {len(text):,} characters; an id has at most {LONGEST_ID}"
            self._rejections.add(row, source.label, reason)
            return None
        return text

    def _set(self, entry: Entry, texts: Texts) -> None:
        for setter in entry.import_.setters:
            try:
                entry.values[setter.field.key] = setter.cells(texts)
            except BadCell as bad:
                self._rejections.add(entry.row, setter.source.label, str(bad))

    def _refer(self, entry: Entry, texts: Texts) -> None:
        for lookup in entry.import_.lookups:
            try:
                found = lookup.texts(texts)
            except BadCell as bad:
                self._rejections.add(entry.row, lookup.source.label, str(bad))
                continue
            entry.references += [Reference(lookup, text) for text in found]
            if not found and entry.import_.target is None and not lookup.is_optional:
                self._rejections.add(
                    entry.row, lookup.source.label, "is empty, but is half of the association"
                )

    def _stage(self, entry: Entry, texts: Texts) -> None:
        staging = entry.import_.staging
        if staging is None:
            return
        try:
            entry.stage = staging.ids(texts)
        except BadCell as bad:
            self._rejections.add(entry.row, staging.blame(texts), str(bad))
