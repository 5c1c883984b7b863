"""The price that stands for a cluster on the globe: of the machine that most nodes are, in all their zones. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import Cluster
from controller.contract.snapshots import ZonePrice
from controller.decision.zone_prices import average
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Quote, QuoteBoard


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """What the oracle knows at one moment: (context, offering) -> history, offering -> on-demand price."""

    board: QuoteBoard
    histories: Mapping[tuple[str, Offering], Sequence[PricePoint]]
    on_demand: Mapping[Offering, Decimal]


@dataclass(frozen=True, slots=True)
class MainPrice:
    """What stands for a cluster. `quote` is the mean over the zones, as fresh as the oldest; it may be expired.

    histories: of each zone, with the number of its nodes.
    """

    instance_type: str | None = None
    quote: Quote | None = None
    zones: tuple[ZonePrice, ...] = ()
    on_demand: Decimal | None = None
    histories: tuple[tuple[Sequence[PricePoint], int], ...] = ()


def find_main_price(cluster: Cluster, prices: PriceFacts) -> MainPrice:
    """Return the price of the machine that most nodes of a cluster are; nothing where no node says what it is."""
    offerings = Counter(node.offering for node in cluster.nodes if node.offering is not None)
    kinds: Counter[Offering] = Counter()
    for offering, count in offerings.items():
        kinds[offering.of_region] += count
    if not kinds:
        return MainPrice()
    kind = min(kinds, key=lambda kind: (-kinds[kind], kind))
    zones = sorted((one, count) for one, count in offerings.items() if one.of_region == kind)
    quotes = [(prices.board.find(cluster.context, offering), count) for offering, count in zones]
    return MainPrice(
        instance_type=kind.instance_type,
        quote=average(quotes),
        zones=tuple(
            ZonePrice(offering.zone, count, quote.usd_per_hour if quote is not None else None)
            for (offering, count), (quote, _) in zip(zones, quotes, strict=True)
            if offering.zone
        ),
        on_demand=next((prices.on_demand[one] for one, _ in zones if one in prices.on_demand), None),
        histories=tuple((prices.histories.get((cluster.context, one), ()), count) for one, count in zones),
    )


def are_same(one: MainPrice, other: MainPrice) -> bool:
    """Whether both are shown alike."""
    shown, others = ((m.instance_type, m.quote, m.zones, m.on_demand) for m in (one, other))
    return shown == others and have_same_history(one, other)


def have_same_history(one: MainPrice, other: MainPrice) -> bool:
    """Whether the histories of both are the same objects, of as many nodes."""
    pairs = zip(one.histories, other.histories, strict=False)
    return len(one.histories) == len(other.histories) and all(
        points is other_points and count == other_count
        for (points, count), (other_points, other_count) in pairs
    )
