"""Setters: how one property of a thing is made from a row."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tabard.errors import BadCell
from tabard.importing import values
from tabard.importing.document import Section
from tabard.importing.fields import Cells, Field
from tabard.importing.notation import BOOLEAN_KEYS, NUMBER_KEYS, Notation
from tabard.importing.sources import KEYS as SOURCE_KEYS
from tabard.importing.sources import Source, Texts, read_source
from tabard.labels import is_blank
from tabard.properties import PropertyKind

Convert = Callable[[str, Texts], Cells]

KIND_KEYS: dict[PropertyKind, tuple[str, ...]] = {
    PropertyKind.TEXT: (),
    PropertyKind.OPTION: (),
    PropertyKind.NUMBER: (*NUMBER_KEYS, "multiply", "round"),
    PropertyKind.MONEY: (*NUMBER_KEYS, "multiply", "round", "currency", "currency_column"),
    PropertyKind.DATE: ("date_format",),
    PropertyKind.DATETIME: ("datetime_format", "time_zone"),
    PropertyKind.BOOLEAN: BOOLEAN_KEYS,
}
_PARSERS: dict[PropertyKind, Callable[[Notation], values.Parse]] = {
    PropertyKind.TEXT: values.text_parser,
    PropertyKind.DATE: values.date_parser,
    PropertyKind.DATETIME: values.instant_parser,
    PropertyKind.BOOLEAN: values.boolean_parser,
}


@dataclass(frozen=True)
class Setter:
    """A property and how its cells come from a row."""

    field: Field
    source: Source
    convert: Convert
    columns: tuple[str, ...]

    def cells(self, row: Texts) -> Cells:
        """The cells for a row; raises BadCell."""
        text = self.source.text(row)
        if self.field.is_required and is_blank(text or ""):
            raise BadCell(f"is empty, but '{self.field.key}' is needed")
        return self.field.blank if text is None else self.convert(text, row)


def read_setter(
    parent: Section, field: Field, notation: Notation, options: list[dict[str, str]] | None = None
) -> Setter | None:
    """The setter at the key of a property; None when it is so wrong that nothing can be made of it."""
    source, section = read_source(parent, field.key)
    section.only((*SOURCE_KEYS, *KIND_KEYS[field.kind]))
    base = Notation(notation.time_zone, notation.currency) if source.is_plain else notation
    told = base.within(section)
    columns = source.columns
    if field.kind is PropertyKind.MONEY:
        currency = section.text("currency_column")
        convert = _money(field, section, told, currency)
        columns = (*columns, currency) if currency else columns
    elif field.kind is PropertyKind.NUMBER:
        convert = _number(field, section, told)
    elif field.kind is PropertyKind.OPTION:
        convert = _option(field, options or [])
    else:
        convert = _plain(field, _PARSERS[field.kind](told))
    setter = Setter(field, source, convert, columns)
    return setter if _works(section, setter) else None


def _works(section: Section, setter: Setter) -> bool:
    """Whether a constant, which has no row to be reported with, is right."""
    if setter.columns:
        return True
    try:
        setter.cells({})
    except BadCell as bad:
        section.problem(f"the constant {bad}", "value")
        return False
    return True


def _plain(field: Field, parse: values.Parse) -> Convert:
    return lambda text, row: field.store(parse(text))


def _option(field: Field, options: list[dict[str, str]]) -> Convert:
    by_label = {option["label"]: option["value"] for option in options}
    return lambda text, row: field.store(by_label.get(text, text))


def _number(field: Field, section: Section, notation: Notation) -> Convert:
    parse = values.number_parser(notation, section.number("multiply"))
    is_rounded = section.flag("round")

    def convert(text: str, row: Texts) -> Cells:
        number: Decimal = parse(text)
        return field.store(values.fitted(number, field.places, is_rounded=is_rounded, of=f"'{field.key}'"))

    return convert


def _money(field: Field, section: Section, notation: Notation, column: str) -> Convert:
    parse = values.number_parser(notation, section.number("multiply"))
    is_rounded = section.flag("round")
    if column and "currency" in section:
        section.problem("say either 'currency' or 'currency_column'", "currency")

    def convert(text: str, row: Texts) -> Cells:
        currency: Any = (row[column] if column else None) or notation.currency
        return field.store(values.money(parse(text), currency, is_rounded=is_rounded))

    return convert
