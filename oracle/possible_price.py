"""What nothing at all costs, whoever says it. Pure."""

from __future__ import annotations

from decimal import Decimal

from oracle.bounds import MAX_PRICE_DECIMALS, MAX_USD_PER_HOUR, MIN_USD_PER_HOUR
from oracle.quotes import count_decimals
from oracle.reasons import OracleCode


def find_absolute_reason(price: Decimal) -> OracleCode | None:
    """Say why nothing at all costs that much; None: something may."""
    if not price.is_finite():
        return OracleCode.PRICE_NOT_FINITE
    if price <= 0:
        return OracleCode.PRICE_NOT_POSITIVE
    if price > MAX_USD_PER_HOUR:
        return OracleCode.PRICE_ABSURD
    if count_decimals(price) > MAX_PRICE_DECIMALS:
        return OracleCode.PRICE_TOO_FINE
    return OracleCode.PRICE_TINY if price < MIN_USD_PER_HOUR else None
