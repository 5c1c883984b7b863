"""Amounts of money as Google writes them: a currency, whole units as text, and billionths. Pure.

    {"currencyCode": "USD", "units": "1", "nanos": 750000000}    is 1.75 USD

Either part may be missing and is zero then. Source: the type google.type.Money.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

_NANOS_PER_UNIT = Decimal(1_000_000_000)


class Money(Struct, frozen=True, rename="camel"):
    """An amount. Numbers may be written as text."""

    currency_code: str
    units: int | Annotated[str, Meta(pattern=r"^-?\d{1,18}$")] = 0
    nanos: int | Annotated[str, Meta(pattern=r"^-?\d{1,9}$")] = 0


def read_usd(money: Money) -> Decimal | None:
    """Return an amount above zero in USD; None for another currency, for nothing, and for what is no amount."""
    amount = int(money.units) + int(money.nanos) / _NANOS_PER_UNIT
    return amount if money.currency_code == "USD" and amount > 0 else None
