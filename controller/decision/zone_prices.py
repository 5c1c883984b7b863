"""What nodes of one kind cost where the zones of their region have different prices. Pure.

What runs is priced by the zones that its nodes stand in, each as often as nodes stand there: whoever moves away stops
paying for all of them alike. What would come is priced by the cheapest zone in which nodes of that kind stand, because
a pod may be put there. Either is one quote, so that a price, its age and its world stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias, TypeVar

from msgspec import structs

from oracle.bounds import MAX_PRICE_DECIMALS
from oracle.price_history import PricePoint
from oracle.quotes import Quote

_Signal = TypeVar("_Signal")

#: A zone's quote, None where it is not known, and how many of the nodes stand there.
ZoneQuote: TypeAlias = tuple[Quote | None, int]


def average(zones: Sequence[ZoneQuote]) -> Quote | None:
    """Return the mean price of nodes in these zones; None as soon as one is unknown or of another world.

    It was confirmed when the oldest of them was, and holds until the first of them ends.
    """
    if len(zones) == 1:
        return zones[0][0]
    quotes = [quote for quote, _ in zones if quote is not None]
    if len(quotes) != len(zones) or len({(quote.mode, quote.playback) for quote in quotes}) != 1:
        return None
    total = sum((quote.usd_per_hour * count for quote, count in zones if quote is not None), Decimal(0))
    first = quotes[0]
    return structs.replace(
        first,
        offering=first.offering.of_region,
        usd_per_hour=round(total / sum(count for _, count in zones), MAX_PRICE_DECIMALS),
        in_force_since=max(quote.in_force_since for quote in quotes),
        confirmed_at=min(quote.confirmed_at for quote in quotes),
        deadline=min(quote.deadline for quote in quotes),
        source=" and ".join(sorted({quote.source for quote in quotes})),
        interruption=_same([quote.interruption for quote in quotes]),
        obtainability=_same([quote.obtainability for quote in quotes]),
        dispute=next((quote.dispute for quote in quotes if quote.dispute is not None), None),
    )


def cheapest(zones: Sequence[ZoneQuote]) -> Quote | None:
    """Return the lowest price that is known, of equal ones the first zone's; None where none is."""
    quotes = [quote for quote, _ in zones if quote is not None]
    return min(quotes, key=lambda quote: (quote.usd_per_hour, quote.offering), default=None)


def average_histories(zones: Sequence[tuple[Sequence[PricePoint], int]]) -> tuple[PricePoint, ...]:
    """Return the mean price of nodes in these zones over time, from when all of them were known; oldest first.

    zones: the points of each zone, oldest first, and how many nodes stand there.
    """
    if len(zones) == 1:
        return tuple(zones[0][0])
    if not zones or not all(points for points, _ in zones):
        return ()
    known_since = max(points[0].observed_at for points, _ in zones)
    changes = sorted((point.observed_at, zone) for zone, (points, _) in enumerate(zones) for point in points)
    places, total = [-1] * len(zones), sum(count for _, count in zones)
    found: dict[float, PricePoint] = {}
    for moment, zone in changes:
        places[zone] += 1
        if moment >= known_since:
            now = [points[place] for (points, _), place in zip(zones, places, strict=True)]
            usd = sum((p.usd_per_hour * count for p, (_, count) in zip(now, zones, strict=True)), Decimal(0))
            found[moment] = PricePoint(moment, round(usd / total, MAX_PRICE_DECIMALS), now[0].origin)
    return tuple(found.values())


def _same(signals: Sequence[_Signal]) -> _Signal | None:
    """Return what all zones have in common: of different ones nothing is said of the whole."""
    return signals[0] if all(signal == signals[0] for signal in signals) else None
