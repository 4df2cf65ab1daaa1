"""Habits: how files are written: their format, their notation, and what an empty cell looks like."""

from dataclasses import dataclass

from tabard.importing.document import Section
from tabard.importing.files import FileFormat
from tabard.importing.notation import KEYS as NOTATION_KEYS
from tabard.importing.notation import Notation

KEYS = ("encoding", "delimiter", "quote", "empty", *NOTATION_KEYS)


@dataclass(frozen=True)
class Habits:
    """What is said for the whole mapping, and again where an import differs."""

    format: FileFormat
    notation: Notation
    empty: frozenset[str] = frozenset()

    def within(self, section: Section) -> "Habits":
        """These habits with what the section says otherwise."""
        told = FileFormat(
            section.text("file"),
            _encoding(section, self.format.encoding),
            _mark(section, "delimiter", self.format.delimiter),
            _mark(section, "quote", self.format.quote) if section.text("quote", self.format.quote) else "",
            section.texts("header"),
        )
        return Habits(told, self.notation.within(section), frozenset(section.texts("empty", self.empty)))


def _encoding(section: Section, default: str) -> str:
    name = section.text("encoding", default)
    try:
        "".encode(name)
    except LookupError:
        section.problem(
            f"there is no encoding '{name}'; usual ones are utf-8, cp1252, iso-8859-1, utf-16", "encoding"
        )
        return default
    return name


def _mark(section: Section, key: str, default: str) -> str:
    mark = section.text(key, default)
    if len(mark) == 1 and mark not in "\r\n\0":
        return mark
    section.problem(
        "this is one character" + (", or '' for none" if key == "quote" else ", such as ';' or '\\t'"), key
    )
    return default
