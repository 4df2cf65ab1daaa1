"""Stocks: where the points of callers are kept: in the process, or where all processes share them."""

from gateway.rate import RateSettings, Stock, TokenBuckets, Unlimited


def stock_of(settings: RateSettings) -> Stock:
    """The stock that an operator has chosen."""
    if not settings.points:
        return Unlimited()
    if settings.storage is None:
        return TokenBuckets(settings)
    from gateway.shared_rate import SharedStocks

    return SharedStocks.at(settings.storage.get_secret_value(), settings)
