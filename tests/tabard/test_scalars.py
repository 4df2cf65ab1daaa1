"""Scalars take what their specification says, give it back unchanged and refuse the rest in words."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.scalars import JSON, SCALARS, CurrencyCode, Locale, TimeZone

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# The first and last day cannot be moved to every offset.
FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 (the offset is drawn)
DECIMALS = st.decimals(-(10**15) + 1, 10**15 - 1, allow_nan=False, places=6)


def parse(scalar: object, value: Any) -> Any:
    """What a client's value becomes."""
    read = SCALARS[scalar].parse_value
    assert read is not None
    return read(value)


def shown(scalar: object, value: Any) -> Any:
    """What a client sees of a value."""
    write = SCALARS[scalar].serialize
    assert write is not None
    return write(value)


@given(DECIMALS)
def test_decimal_reads_back(value: Decimal) -> None:
    text = shown(Decimal, value)

    assert parse(Decimal, text) == value
    assert "E" not in text


@given(st.dates())
def test_date_reads_back(value: date) -> None:
    assert parse(date, shown(date, value)) == value


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC) | OFFSETS))
def test_instant_reads_back(value: datetime) -> None:
    assert parse(datetime, shown(datetime, value)) == value


@pytest.mark.parametrize(
    ("scalar", "text", "value"),
    [
        (Decimal, "+5", Decimal(5)),
        (Decimal, 12, Decimal(12)),
        (Decimal, "-0.000001", Decimal("-0.000001")),
        (date, "2026-02-28", date(2026, 2, 28)),
        (datetime, "2026-11-22T09:30:00Z", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
        (datetime, "2026-11-22T09:30:00+02:00", datetime(2026, 11, 22, 7, 30, tzinfo=UTC)),
        (CurrencyCode, "EUR", "EUR"),
        (Locale, "pt-BR", "pt-BR"),
        (Locale, "pt_BR", "pt-BR"),
        (Locale, "de", "de"),
        (Locale, "zh-Hant-TW", "zh-Hant-TW"),
        (TimeZone, "Europe/Rome", "Europe/Rome"),
        (JSON, {"a": [1]}, {"a": [1]}),
    ],
)
def test_value_is_taken(scalar: object, text: Any, value: Any) -> None:
    assert parse(scalar, text) == value


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("scalar", "texts", "words"),
    [
        (
            Decimal,
            [
                "",
                "abc",
                "NaN",
                "Infinity",
                "1" * 16,
                10**15,
                "1e3",
                "1e999999999",
                "1e-999999999",
                "0e999999999",
            ],
            'a decimal is up to 15 digits, and up to 20 after the point, as a string, e.g. "12.50"',
        ),
        (
            Decimal,
            [True, 1.5, None, [], "1 2", " 12", "1_000", "\u0661", "1.", ".5", "0." + "1" * 21],
            'a decimal is up to 15 digits, and up to 20 after the point, as a string, e.g. "12.50"',
        ),
        (
            date,
            ["", "20260228", "2026-02-30", "2026-W01-1", "2026-2-28", 5, None],
            "a date is written YYYY-MM-DD",
        ),
        (
            datetime,
            [
                "",
                "yesterday",
                5,
                None,
                "2026-11-22T25:00:00Z",
                "20261122T093000Z",
                "0001-01-01T00:00:00+14:00",
            ],
            "an instant is written as in RFC 3339, e.g. 2026-11-22T09:30:00Z",
        ),
        (
            datetime,
            ["2026-11-22T09:30:00", "2026-11-22 09:30:00.5"],
            "an instant needs its offset from UTC, e.g. 2026-11-22T09:30:00Z",
        ),
        (
            CurrencyCode,
            ["eur", "EURO", "EU", "", "ÄÖÜ", "E1R", 5],
            "a currency is a code of three capital letters, e.g. EUR",
        ),
        (Locale, ["", "x", "english", "../../etc", "e" * 5000, None], "a locale is a BCP 47 tag, e.g. pt-BR"),
        (
            TimeZone,
            ["", "Rome", "../../etc/passwd", "/etc/passwd", None, "europe/rome"],
            "a time zone is an IANA name, e.g. Europe/Rome",
        ),
    ],
)
def test_value_is_refused_in_words(scalar: object, texts: list[Any], words: str) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=r".") as caught:
            parse(scalar, text)
        assert str(caught.value) == words, text


def test_every_scalar_names_its_specification() -> None:
    for scalar in SCALARS.values():
        assert scalar.specified_by_url, scalar.name
        assert scalar.description, scalar.name
