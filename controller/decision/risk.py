"""What it costs that spot machines are taken away: a price with the interruptions that are to be expected. Pure.

With s the share of machines that is taken away within a period of T hours, and l the hours that are lost each time (the
restart, and the work that is done again), both paid for at the price p:

    rate = -ln(1 - s) / T            interruptions an hour, if they come independently of one another
    price with risk = p (1 + rate l)

s is the middle of what the cloud says. Of an open band such as "more than 20 %" it is one and a half times its lower
end, which is arbitrary: nobody says how far the band reaches.
"""

from __future__ import annotations

from decimal import Decimal

from oracle.bounds import MAX_PRICE_DECIMALS
from oracle.market import CapacityType
from oracle.quotes import Quote
from oracle.signals import Interruption

#: How far above its lower end the middle of an open band is taken to lie. Arbitrary.
OPEN_BAND = Decimal("1.5")
#: A share of all leaves no machine: its rate would be infinite.
_MOST = Decimal("0.99")


def count_interruptions(interruption: Interruption) -> Decimal | None:
    """Return how often an hour a machine is taken away; None where the cloud's share is none of those that ran."""
    if interruption.is_of_stopped:
        return None
    low, high = Decimal(repr(interruption.at_least)), Decimal(repr(interruption.at_most))
    middle = low * OPEN_BAND if high >= 1 and low > 0 else (low + high) / 2
    period_h = Decimal(repr(interruption.period_s)) / 3600
    return -(1 - min(middle, _MOST)).ln() / period_h


def price_with_risk(quote: Quote, lost_h: Decimal) -> Decimal | None:
    """Return what a machine costs an hour with its interruptions, each of which costs `lost_h` hours of its price.

    None where it can be taken away and nobody says how often.
    """
    if quote.offering.capacity_type is CapacityType.ON_DEMAND:
        return quote.usd_per_hour
    rate = count_interruptions(quote.interruption) if quote.interruption is not None else None
    if rate is None:
        return None
    return round(quote.usd_per_hour * (1 + rate * lost_h), MAX_PRICE_DECIMALS)


def find_basis(quote: Quote, lost_h: Decimal | None) -> Decimal | None:
    """Return the price that decides: the plain one where `lost_h` is None, else the one with risk (None: unknown)."""
    return quote.usd_per_hour if lost_h is None else price_with_risk(quote, lost_h)
