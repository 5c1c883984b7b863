"""The past of a price as clouds tell it: its changes, in any order, some twice, some contradicting others. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from oracle.price_history import PricePoint

#: Changes of one price that are kept. Azure and Google Cloud change one some ten times a year.
MAX_CHANGES = 1000


#: Since when (Unix seconds) a price holds; None: something was said to hold since then that is no price.
Change: TypeAlias = tuple[float, Decimal | None]


def order_changes(said: Iterable[Change], now: float) -> tuple[PricePoint, ...]:
    """Return the changes up to wall time `now` from the oldest to the newest, the last of which is in force.

    A point that repeats the price before it is none. Of two prices that begin at once neither is known to be right, and
    both are left out, and so is what is no price; where that is the newest, nothing is known to be in force, and
    nothing is returned: the price before it is over.
    """
    prices: dict[float, set[Decimal | None]] = {}
    for since, price in said:
        if since <= now:
            prices.setdefault(since, set()).add(price)
    if not prices or _find_only(prices[max(prices)]) is None:
        return ()
    changes: list[PricePoint] = []
    for since in sorted(prices):
        price = _find_only(prices[since])
        if price is not None and (not changes or changes[-1].usd_per_hour != price):
            changes.append(PricePoint(since, price))
    return tuple(changes[-MAX_CHANGES:])


def _find_only(prices: set[Decimal | None]) -> Decimal | None:
    return next(iter(prices)) if len(prices) == 1 else None
