"""Sources: where the text of a value comes from: a column, several of them, or the mapping itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import cycle
from typing import Any

from tabard.errors import BadCell
from tabard.importing.document import Section

Texts = Mapping[str, str | None]
"""The texts of a row's columns, by name; None where the cell is empty."""

LINE = "#line"
"""The name by which a mapping uses the number of the row's line as if it were a column."""
KINDS = ("column", "value", "template")
KEYS = (*KINDS, "default", "required")
_GAP = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Source:
    """`columns` are those it reads; `is_plain` says that its text is the mapping's, not the file's."""

    columns: tuple[str, ...]
    find: Callable[[Texts], str | None]
    default: str | None = None
    is_required: bool = False
    is_plain: bool = False

    @property
    def label(self) -> str:
        """The columns, for a message about their cells."""
        return ", ".join(self.columns)

    def text(self, row: Texts) -> str | None:
        """The text for a row, None when there is none; raises BadCell when there must be one."""
        found = self.find(row) or self.default
        if found is None and self.is_required:
            raise BadCell("is empty, but the mapping requires it")
        return found


def read_source(parent: Section, key: str) -> tuple[Source, Section]:
    """The source at a key, and the section that says more about it; text alone names a column."""
    given = parent.table[key]
    if isinstance(given, str):
        return _of_column(given), Section(parent.document, (*parent.place, key), {})
    section = parent.part(key)
    kinds = [kind for kind in KINDS if kind in section]
    if len(kinds) != 1:
        section.problem("say where the value comes from by one of 'column', 'value' or 'template'")
        return _of_value(""), section
    made = {"column": _column, "value": _value, "template": _template}[kinds[0]](section)
    default = section.text("default") or None
    required = section.flag("required")
    return Source(made.columns, made.find, default, required, made.is_plain), section


def _column(section: Section) -> Source:
    return _of_column(section.needed("column", "it names the column"))


def _of_column(name: str) -> Source:
    return Source((name,), lambda row: row[name])


def _value(section: Section) -> Source:
    given: Any = section.table["value"]
    if isinstance(given, str):
        return _of_value(given)
    if isinstance(given, bool | int | Decimal | date):
        return Source((), _constant(_plain_text(given)), is_plain=True)
    section.problem("a constant is text, a number, true, false or a date", "value")
    return _of_value("")


def _plain_text(given: Any) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    return given.isoformat() if isinstance(given, date | datetime) else str(given)


def _of_value(text: str) -> Source:
    return Source((), _constant(text))


def _constant(text: str) -> Callable[[Texts], str | None]:
    return lambda row: text


def _template(section: Section) -> Source:
    """Templates in the order of preference: the first whose columns are all filled is used."""
    # Split at its gaps, a template has its columns at the odd places.
    templates = [_GAP.split(template) for template in section.texts("template")]
    if not all(len(parts) > 1 for parts in templates):
        section.problem(
            "a template names its columns in braces, such as '{first name} {last name}'", "template"
        )

    def find(row: Texts) -> str | None:
        for parts in templates:
            filled = [
                row[part] if is_column else part for part, is_column in zip(parts, cycle((False, True)))
            ]
            if None not in filled:
                return "".join(map(str, filled))
        return None

    columns = dict.fromkeys(column for parts in templates for column in parts[1::2])
    return Source(tuple(columns), find)
