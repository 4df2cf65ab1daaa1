"""Money is exact: minor units in the database, decimal strings for clients."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.money import Money, minor_units


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD", "USD"]))
def test_minor_units_inverts_from_minor(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)

    assert money is not None
    assert minor_units(money.amount, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1250, "EUR", "12.50"),
        (1250, "JPY", "1250"),
        (1250, "KWD", "1.250"),
        (-5, "USD", "-0.05"),
        (0, "EUR", "0.00"),
    ],
)
def test_amount_has_the_places_of_its_currency(minor: int, currency: str, amount: str) -> None:
    money = Money.from_minor(minor, currency)

    assert money is not None
    assert (format(money.amount, "f"), money.currency_code) == (amount, currency)


@pytest.mark.parametrize(("minor", "currency"), [(None, "EUR"), (5, None), (None, None)])
def test_amount_without_number_or_currency_is_none(minor: int | None, currency: str | None) -> None:
    assert Money.from_minor(minor, currency) is None


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("0.005", "EUR", 1), ("-0.005", "EUR", -1), ("0.5", "JPY", 1), ("1.2344", "KWD", 1234)],
)
def test_amount_is_rounded_half_up(amount: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor
