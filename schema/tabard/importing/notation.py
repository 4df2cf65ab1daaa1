"""Notation: how a file writes numbers, dates, amounts and yes or no."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import available_timezones

from babel.numbers import list_currencies

from tabard.importing.document import Section

CURRENCIES = frozenset(list_currencies())
ISO, EPOCH, EPOCH_MS = "iso", "epoch", "epoch_ms"
NUMBER_KEYS = ("decimal", "thousands", "ignore")
BOOLEAN_KEYS = ("true", "false")
KEYS = (*NUMBER_KEYS, "currency", "date_format", "datetime_format", "time_zone", *BOOLEAN_KEYS)
_SAMPLE = datetime(2003, 12, 24, 17, 45, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Notation:
    """How cells are written; said for the whole mapping, and again where an import or a value differs."""

    time_zone: str
    currency: str
    decimal: str = "."
    thousands: str = ""
    ignore: str = ""
    date_format: str = "%Y-%m-%d"
    datetime_format: str = ISO
    true: frozenset[str] = frozenset({"true", "yes", "y", "1"})
    false: frozenset[str] = frozenset({"false", "no", "n", "0"})

    def within(self, section: Section) -> "Notation":
        """This notation with what the section says otherwise."""
        given = {key: section.text(key) for key in KEYS if key in section and key not in BOOLEAN_KEYS}
        words = {key: _folded(section.texts(key)) for key in BOOLEAN_KEYS if key in section}
        told = replace(self, **given, **words)  # type: ignore[arg-type]
        _check(section, told)
        is_zone = "time_zone" not in section or told.time_zone in available_timezones()
        return told if is_zone else replace(told, time_zone=self.time_zone)


def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def _check(section: Section, notation: Notation) -> None:
    if "currency" in section and notation.currency not in CURRENCIES:
        section.problem(f"{notation.currency!r} is no ISO 4217 code; write for example 'EUR'", "currency")
    if "time_zone" in section and notation.time_zone not in available_timezones():
        section.problem(
            f"{notation.time_zone!r} is no IANA zone; write for example 'Europe/Rome'", "time_zone"
        )
    if {"decimal", "thousands"} & set(section):
        _check_marks(section, notation)
    if set(BOOLEAN_KEYS) & set(section) and (both := notation.true & notation.false):
        section.problem(f"{sorted(both)[0]!r} is listed as true and as false", "true")
    if "date_format" in section:
        _check_format(section, "date_format", notation.date_format)
    if "datetime_format" in section and notation.datetime_format not in (ISO, EPOCH, EPOCH_MS):
        _check_format(section, "datetime_format", notation.datetime_format)


def _check_marks(section: Section, notation: Notation) -> None:
    if len(notation.decimal) != 1 or notation.decimal.isalnum():
        section.problem("the decimal mark is one character, such as '.' or ','", "decimal")
    if len(notation.thousands) > 1 or notation.thousands.isalnum():
        section.problem(
            "the thousands mark is one character, such as ',' or \"'\", or '' for none", "thousands"
        )
    if notation.decimal == notation.thousands:
        key = "thousands" if "thousands" in section else "decimal"
        section.problem(f"{notation.decimal!r} cannot be the decimal and the thousands mark", key)


def _check_format(section: Section, key: str, form: str) -> None:
    """A format is right when a date written in it can be read back."""
    try:
        is_right = datetime.strptime(_SAMPLE.strftime(form), form).date() == _SAMPLE.date()  # noqa: DTZ007
    except ValueError:
        is_right = False
    if not is_right:
        section.problem(
            f"the format {form!r} does not tell day, month and year; write for example '%d-%m-%Y' for "
            f"{_SAMPLE:%d-%m-%Y}",
            key,
        )
