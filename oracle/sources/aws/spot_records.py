"""What DescribeSpotPriceHistory says, as prices by zone and their past. Pure.

Its records come in no promised order, and those of before the asked time are there as well, as the price that was in
force then: the newest of a zone is the one that holds. A price is a text. Zones have a name, which differs from account
to account, and an identifier, which does not; an offering may have either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.price_history import PricePoint
from oracle.sources.aws.regions import PROVIDER
from oracle.sources.live import PriceClaim

#: Description of a product -> what it runs. The second names are those of accounts with EC2-Classic.
SYSTEMS: Mapping[str, OperatingSystem] = {
    "Linux/UNIX": OperatingSystem.LINUX,
    "Linux/UNIX (Amazon VPC)": OperatingSystem.LINUX,
    "Windows": OperatingSystem.WINDOWS,
    "Windows (Amazon VPC)": OperatingSystem.WINDOWS,
}

#: Offering -> moment -> the prices that were said to begin then; None for what is no price: the one before it is over.
_Series = Mapping[Offering, Mapping[float, Set[Decimal | None]]]


def collect_series(region: str, records: Iterable[Any], wanted: Set[Offering]) -> tuple[_Series, int]:
    """Return the series of the offerings that are wanted, and how many records are not as documented."""
    series: dict[Offering, dict[float, set[Decimal | None]]] = defaultdict(lambda: defaultdict(set))
    garbled = 0
    for record in records:
        try:
            offerings, at, text = _read_record(region, record)
        except (KeyError, TypeError, ValueError):
            garbled += 1
            continue
        price = _parse_price(text)
        garbled += price is None
        for offering in offerings:
            if offering in wanted:
                series[offering][at].add(price)
    return series, garbled


def find_prices(series: _Series, now: float) -> dict[Offering, PriceClaim]:
    """Return the newest price of each offering at wall time `now`; two that began at one moment are none.

    Where the newest is no price, the offering has none: the one before it is over.
    """
    claims = {}
    for offering, by_moment in series.items():
        begun = [at for at in by_moment if at <= now + MAX_CLOCK_SKEW_S]
        if begun and (price := _find_only(by_moment[max(begun)])) is not None:
            claims[offering] = PriceClaim(price, max(begun))
    return claims


def find_past(series: _Series, now: float) -> dict[Offering, tuple[PricePoint, ...]]:
    """Return the prices of each offering up to wall time `now`, oldest first."""
    return {
        offering: tuple(
            PricePoint(at, price)
            for at, prices in sorted(by_moment.items())
            if at <= now and (price := _find_only(prices)) is not None
        )
        for offering, by_moment in series.items()
    }


def _find_only(prices: Set[Decimal | None]) -> Decimal | None:
    return next(iter(prices)) if len(prices) == 1 else None


def _parse_price(text: Any) -> Decimal | None:
    try:
        return Decimal(text) if isinstance(text, str) and text[:1].isdigit() else None
    except InvalidOperation:
        return None


def _read_record(region: str, record: Any) -> tuple[tuple[Offering, ...], float, Any]:
    """Return of what a record is (by the zone's name and by its identifier), since when, and the price as it stands."""
    system = SYSTEMS[record["ProductDescription"]]
    at, text, machine = record["Timestamp"], record["SpotPrice"], record["InstanceType"]
    if not isinstance(at, datetime):
        raise ValueError("no record of a price")
    zones = {zone for zone in (record["AvailabilityZone"], record.get("AvailabilityZoneId")) if zone}
    offerings = (Offering(PROVIDER, region, machine, CapacityType.SPOT, zone, system) for zone in zones)
    return tuple(offerings), at.timestamp(), text
