"""Values: what a cell means is exactly what was written, in any notation, or it is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.errors import BadCell
from tabard.importing.notation import Notation
from tabard.importing.values import fitted, instant_parser, money, number_parser

PLAIN = Notation("Europe/Rome", "EUR")
MARKS = (".", ""), (".", ","), (",", "."), (",", ""), (",", " "), (".", "'")
numbers = st.decimals(-(10**12), 10**12, places=6)


def written(number: Decimal, decimal: str, thousands: str) -> str:
    """A number as people write it, with these marks."""
    return f"{number:,f}".translate({ord(","): thousands, ord("."): decimal})


@given(number=numbers, marks=st.sampled_from(MARKS))
def test_a_number_is_read_back_as_it_was_written(number: Decimal, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    parse = number_parser(replace(PLAIN, decimal=decimal, thousands=thousands))
    assert parse(written(number, decimal, thousands)) == number


@given(number=numbers, right=st.sampled_from(MARKS), wrong=st.sampled_from(MARKS))
def test_a_number_in_another_notation_is_never_taken_for_another_number(
    number: Decimal, right: tuple[str, str], wrong: tuple[str, str]
) -> None:
    parse = number_parser(replace(PLAIN, decimal=wrong[0], thousands=wrong[1]))
    text = written(number, *right)
    try:
        found = parse(text)
    except BadCell:
        return
    # Six places after the mark are no group of three, so no mark can be taken for the other one.
    assert found == number


@pytest.mark.parametrize(
    ("cell", "marks"),
    [
        ("1.5", (",", ".")), ("1.50", (",", ".")), ("12.3456", (",", ".")), ("1,5", (".", ",")), ("1,,000", (".", ",")),
        ("1.234.5", (".", ",")), ("1 2", (".", "")), ("--1", (".", "")), ("0x10", (".", "")), ("1_000", (".", "")),
        ("infinity", (".", "")), ("", (".", "")), ("٣", (".", "")), ("1e", (".", "")), ("1" * 61, (".", "")),
    ],
)  # fmt: skip
def test_what_is_no_number_in_the_notation_is_refused(cell: str, marks: tuple[str, str]) -> None:
    parse = number_parser(replace(PLAIN, decimal=marks[0], thousands=marks[1]))
    with pytest.raises(BadCell, match="is no number"):
        parse(cell)


@pytest.mark.parametrize(
    ("cell", "notation", "number"),
    [
        ("+5", {}, "5"), ("-.5", {}, "-0.5"), ("5.", {}, "5"), ("1.5e3", {}, "1500"), ("1.1E-2", {}, "0.011"),
        ("€ 1,5", {"decimal": ",", "ignore": "€ "}, "1.5"), ("12 %", {"ignore": "%"}, "12"),
        ("12\u202f345\u00a0678", {"thousands": " "}, "12345678"), ("12,34,567", {"thousands": ","}, "1234567"),
    ],
)  # fmt: skip
def test_numbers_as_files_have_them(cell: str, notation: dict[str, Any], number: str) -> None:
    assert number_parser(replace(PLAIN, **notation))(cell) == Decimal(number)


@given(number=st.decimals(-(10**15), 10**15, places=12), factor=st.decimals(-1000, 1000, places=3))
def test_multiplying_is_exact(number: Decimal, factor: Decimal) -> None:
    assert Fraction(number_parser(PLAIN, factor)(f"{number:f}")) == Fraction(number) * Fraction(factor)


@given(number=numbers, places=st.integers(0, 6))
def test_a_number_that_fits_is_the_same_and_a_rounded_one_is_near(number: Decimal, places: int) -> None:
    rounded = fitted(number, places, is_rounded=True, of="x")
    assert abs(rounded - number) * 2 <= Decimal(1).scaleb(-places)
    try:
        assert fitted(number, places, is_rounded=False, of="x") == number
    except BadCell:
        assert rounded != number


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.34", "EUR", 1234), ("12", "jpy", 12), ("1.234", "KWD", 1234), ("-0.5", " usd ", -50)],
)
def test_money_has_the_places_of_its_currency(amount: str, currency: str, minor: int) -> None:
    assert money(Decimal(amount), currency, is_rounded=False) == (minor, currency.strip().upper())


@pytest.mark.parametrize(
    ("amount", "currency"), [("12.5", "JPY"), ("0.001", "EUR"), ("1", "EURO"), ("1", "XYZ1")]
)
def test_money_that_a_currency_does_not_have_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(BadCell):
        money(Decimal(amount), currency, is_rounded=False)


@pytest.mark.parametrize(
    ("form", "cell", "instant"),
    [
        ("iso", "2026-07-01 10:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("iso", "2026-07-01T10:00:00-05:00", datetime(2026, 7, 1, 15, tzinfo=UTC)),
        ("iso", "2026-01-01", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        ("epoch", "1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("epoch_ms", "1767225600000", datetime(2026, 1, 1, tzinfo=UTC)),
        ("%m/%d/%Y %I:%M %p", "12/31/2025 11:30 PM", datetime(2025, 12, 31, 22, 30, tzinfo=UTC)),
        ("%Y-%m-%d %H:%M %z", "2026-01-01 00:00 +0000", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants_are_of_the_zone_unless_they_say_an_offset(form: str, cell: str, instant: datetime) -> None:
    assert instant_parser(replace(PLAIN, datetime_format=form))(cell) == instant


@pytest.mark.parametrize(
    ("form", "cell"),
    [("iso", "soon"), ("iso", ""), ("iso", "0001-01-01"), ("epoch", "nan"), ("epoch", "1e99"), ("%Y", "26")],
)
def test_what_is_no_instant_is_refused(form: str, cell: str) -> None:
    with pytest.raises(BadCell, match="is no date and time"):
        instant_parser(replace(PLAIN, datetime_format=form))(cell)
