"""Money: an exact amount in one currency."""

from decimal import ROUND_HALF_UP, Decimal

import strawberry
from babel.numbers import get_currency_precision

from tabard.scalars import CurrencyCode


@strawberry.type(description="An exact amount in one currency.")
class Money:
    """Stored as minor units; Babel's table gives how many places a currency has (JPY 0, EUR 2)."""

    amount: Decimal = strawberry.field(description="The amount, as a decimal string.")
    currency_code: CurrencyCode = strawberry.field(description="ISO 4217 code, e.g. `EUR`.")

    @classmethod
    def from_minor(cls, minor: int | None, currency: str | None) -> "Money | None":
        """The amount of `minor` units; None when there is no amount or no currency."""
        if minor is None or currency is None:
            return None
        places = get_currency_precision(currency)
        return cls(amount=Decimal(minor).scaleb(-places), currency_code=CurrencyCode(currency))


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount in minor units, rounded half up."""
    return int(amount.scaleb(get_currency_precision(currency)).to_integral_value(ROUND_HALF_UP))
