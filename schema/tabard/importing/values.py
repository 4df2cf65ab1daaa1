"""Values: from the text of a cell to the value it means, one reader for each kind of property."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from tabard.errors import BadCell
from tabard.importing.notation import CURRENCIES, EPOCH, EPOCH_MS, ISO, Notation
from tabard.money import minor_units

Parse = Callable[[str], Any]

EXACT = Context(prec=120)
LONGEST_NUMBER = 60
MOST_MINOR_UNITS = (1 << 63) - 1
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_REMEMBERED = 4096
# Spreadsheets group digits by spaces that do not break.
_SPACES = str.maketrans("\u00a0\u202f", "  ")


def shown(text: str) -> str:
    """A cell's text for a message: quoted, and not longer than a line allows."""
    return repr(text if len(text) <= 40 else f"{text[:37]}…")


def number_parser(notation: Notation, multiply: Decimal | None = None) -> Parse:
    """Reads decimals written with the notation's marks."""
    dropped = str.maketrans("", "", notation.ignore)

    def parse(cell: str) -> Decimal:
        text = _plain(cell.translate(dropped).strip(), notation)
        if len(text) > LONGEST_NUMBER or not _PLAIN.fullmatch(text):
            raise BadCell(f"{shown(cell)} is no number{_marks(notation)}")
        number = Decimal(text)
        return number if multiply is None else EXACT.multiply(number, multiply)

    return parse


def _plain(text: str, notation: Notation) -> str:
    """The number with a point and no grouping; what is not written as it should be does not become one."""
    text = text.translate(_SPACES) if notation.thousands == " " else text
    whole, mark, fraction = text.partition(notation.decimal)
    if notation.thousands and notation.thousands in whole and _is_grouped(whole, notation.thousands):
        whole = whole.replace(notation.thousands, "")
    if notation.decimal != "." and "." in whole + fraction:
        return ""
    return f"{whole}.{fraction}" if mark else whole


def _is_grouped(whole: str, mark: str) -> bool:
    mark = re.escape(mark)
    return re.fullmatch(rf"[+-]?\d{{1,3}}({mark}\d{{2,3}})*{mark}\d{{3}}", whole, re.ASCII) is not None


def _marks(notation: Notation) -> str:
    marks = [f"decimal mark {notation.decimal!r}"] if notation.decimal != "." else []
    marks += [f"thousands mark {notation.thousands!r}"] if notation.thousands else []
    return f" with {' and '.join(marks)}" if marks else ""


def fitted(number: Decimal, places: int, *, is_rounded: bool, of: str) -> Decimal:
    """The number with at most so many decimal places; raises BadCell when that would change it."""
    exact = number.normalize(EXACT)
    if -int(exact.as_tuple().exponent) <= places:
        return exact
    if not is_rounded:
        raise BadCell(
            f"{number:f} has more than the {places} decimal places of {of}; 'round = true' would round it"
        )
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)


def money(amount: Decimal, currency: str, *, is_rounded: bool) -> tuple[int, str]:
    """An amount as minor units and currency."""
    code = currency.strip().upper()
    if code not in CURRENCIES:
        raise BadCell(f"{shown(currency)} is no ISO 4217 currency code")
    fitting = fitted(amount, get_currency_precision(code), is_rounded=is_rounded, of=code)
    minor = minor_units(fitting, code)
    if abs(minor) > MOST_MINOR_UNITS:
        raise BadCell(f"{amount:f} {code} is too large")
    return minor, code


def date_parser(notation: Notation) -> Parse:
    """Reads calendar dates."""
    form = notation.date_format

    @lru_cache(_REMEMBERED)
    def parse(cell: str) -> date:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007
        except ValueError:
            raise BadCell(f"{shown(cell)} is no date written as {form}") from None

    return parse


def instant_parser(notation: Notation) -> Parse:
    """Reads points in time; what says no offset is in the notation's zone."""
    form, zone = notation.datetime_format, ZoneInfo(notation.time_zone)
    units = {EPOCH: 1, EPOCH_MS: 1000}

    @lru_cache(_REMEMBERED)
    def parse(cell: str) -> datetime:
        try:
            if form in units:
                return datetime.fromtimestamp(float(cell) / units[form], UTC)
            found = datetime.fromisoformat(cell) if form == ISO else datetime.strptime(cell, form)  # noqa: DTZ007
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise BadCell(f"{shown(cell)} is no date and time written as {form}") from None

    return parse


def boolean_parser(notation: Notation) -> Parse:
    """Reads yes or no."""

    def parse(cell: str) -> bool:
        word = cell.casefold()
        if word not in notation.true and word not in notation.false:
            known = ", ".join(sorted(notation.true | notation.false))
            raise BadCell(f"{shown(cell)} is neither true nor false; known are {known}")
        return word in notation.true

    return parse


def text_parser(_: Notation) -> Parse:
    """Takes texts as they are."""
    return str
