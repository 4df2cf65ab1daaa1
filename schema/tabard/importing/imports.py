"""Imports: what the mapping makes of the rows of one file."""

from collections.abc import Mapping
from dataclasses import dataclass

from tabard.importing.document import Section
from tabard.importing.fields import Field
from tabard.importing.files import FileFormat
from tabard.importing.lookups import Lookup, Role
from tabard.importing.places import Place
from tabard.importing.setters import Setter
from tabard.importing.sources import LINE, Source, Texts
from tabard.importing.staging import Staging
from tabard.importing.targets import Target


@dataclass(frozen=True)
class Rights:
    """The seat and the permissions of imported users; None where the mapping leaves it to the default."""

    has_seat: bool | None = None
    permissions: frozenset[str] | None = None


@dataclass(frozen=True)
class Import:
    """What becomes of each row of a file. `target` is None when a row only associates two records.

    `columns` are those it uses, each with a place that names it.
    """

    section: Section
    format: FileFormat
    empty: frozenset[str]
    where: Mapping[str, frozenset[str]]
    values: Mapping[str, Mapping[str, str]]
    columns: Mapping[str, Place]
    target: Target | None = None
    external_id: Source | None = None
    is_distinct: bool = False
    setters: tuple[Setter, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    staging: Staging | None = None
    rights: Rights = Rights()
    label_id: int | None = None

    @property
    def name(self) -> str:
        """The file it reads."""
        return self.format.name

    @property
    def fields(self) -> list[Field]:
        """The properties that it sets."""
        known = self.target.fields if self.target else {}
        users = [known[lookup.name] for lookup in self.lookups if lookup.role is Role.CUSTOM]
        return [*(setter.field for setter in self.setters), *users]

    def texts(self, cells: list[str], index: Mapping[str, int], line: int) -> dict[str, str | None]:
        """The texts of a row's columns that are used, after the mapping's values, None where empty."""
        texts: dict[str, str | None] = {LINE: str(line)}
        for column, position in index.items():
            text = cells[position].strip()
            if column in self.values:
                text = self.values[column].get(text, text)
            texts[column] = None if not text or text in self.empty else text
        return texts

    def takes(self, row: Texts) -> bool:
        """Whether the row is one that `where` asks for."""
        return all((row[column] or "") in wanted for column, wanted in self.where.items())
