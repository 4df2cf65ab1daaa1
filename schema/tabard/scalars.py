"""Scalars of the contract, each with the specification its text follows."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NewType
from zoneinfo import available_timezones

import strawberry
from babel import Locale as BabelLocale
from strawberry.types.scalar import ScalarDefinition

CurrencyCode = NewType("CurrencyCode", str)
Locale = NewType("Locale", str)
TimeZone = NewType("TimeZone", str)
JSON = NewType("JSON", object)

# Few digits and no exponent: `1e-999999999` is short to send and a gigabyte to write out.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    _DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def _currency(value: Any) -> str:
    if not (
        isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
    ):
        raise ValueError("a currency is a code of three capital letters, e.g. EUR")
    return value


def _locale(value: Any) -> str:
    try:
        return str(BabelLocale.parse(str(value), sep="-" if "-" in str(value) else "_")).replace("_", "-")
    except Exception as error:
        raise ValueError("a locale is a BCP 47 tag, e.g. pt-BR") from error


@cache
def _zones() -> frozenset[str]:
    """All zones; looked up once, because the look-up reads folders."""
    return frozenset(available_timezones())


def _time_zone(value: Any) -> str:
    if not (isinstance(value, str) and value in _zones()):
        raise ValueError("a time zone is an IANA name, e.g. Europe/Rome")
    return value


def _decimal(value: Any) -> Decimal:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(
            'a decimal is up to 15 digits, and up to 20 after the point, as a string, e.g. "12.50"'
        )
    return Decimal(text)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DATE.fullmatch(value) else "")
    except ValueError as error:
        raise ValueError("a date is written YYYY-MM-DD") from error


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(
            value.upper() if isinstance(value, str) and _INSTANT.fullmatch(value) else ""
        )
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("an instant is written as in RFC 3339, e.g. 2026-11-22T09:30:00Z") from error
    raise ValueError("an instant needs its offset from UTC, e.g. 2026-11-22T09:30:00Z")


def _plain_decimal(value: Decimal) -> str:
    return format(value, "f")


def _scalar(name: str, url: str, description: str, parse: Any, serialize: Any = str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, specified_by_url=url, serialize=serialize, parse_value=parse
    )


SCALARS: dict[object, ScalarDefinition] = {
    CurrencyCode: _scalar(
        "CurrencyCode",
        "https://www.iso.org/iso-4217-currency-codes.html",
        "ISO 4217 code, e.g. `EUR`.",
        _currency,
    ),
    Locale: _scalar("Locale", "https://www.rfc-editor.org/rfc/rfc5646", "BCP 47 tag, e.g. `pt-BR`.", _locale),
    TimeZone: _scalar(
        "TimeZone", "https://www.iana.org/time-zones", "IANA zone, e.g. `Europe/Rome`.", _time_zone
    ),
    JSON: _scalar(
        "JSON",
        "https://www.rfc-editor.org/rfc/rfc8259",
        "Any JSON value.",
        lambda value: value,
        lambda value: value,
    ),
    Decimal: _scalar(
        "Decimal",
        "https://speleotrove.com/decimal/daconvs.html",
        "An exact decimal number, as a string.",
        _decimal,
        _plain_decimal,
    ),
    date: _scalar(
        "Date",
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        "A calendar date `YYYY-MM-DD`, never shifted by a time zone.",
        _date,
        date.isoformat,
    ),
    datetime: _scalar(
        "DateTime",
        "https://www.rfc-editor.org/rfc/rfc3339",
        "An instant, RFC 3339 with its offset; stored as UTC.",
        _instant,
        datetime.isoformat,
    ),
}
