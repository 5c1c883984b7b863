"""Which column of a table is what, by the names that our files, boto3, SkyPilot and OpenCost give them. Pure.

Our columns: observed_at, provider, region, zone, instance_type, capacity_type, operating_system, usd_per_hour,
currency, unit, confirmed_at and valid_until, in any order and spelling (`Observed At`), others between them. The
provider may be missing where region names tell it, region or zone where the other is there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from oracle.foundation.reason import Reason
from oracle.market import CapacityType
from oracle.reasons import OracleCode
from oracle.sources.formats.names import squash

COLUMNS = ("observed_at", "provider", "region", "instance_type", "capacity_type", "usd_per_hour")

#: Our column -> what others call it, squashed.
_SYNONYMS: Mapping[str, frozenset[str]] = {
    "observed_at": frozenset({"observedat", "timestamp", "time", "datetime", "endtimestamp"}),
    "provider": frozenset({"provider", "cloud", "cloudprovider", "vendor", "vendorname"}),
    "region": frozenset({"region", "regionname", "armregionname"}),
    "zone": frozenset({"zone", "availabilityzone", "az"}),
    "zone_id": frozenset({"zoneid", "availabilityzoneid", "azid"}),
    "instance_type": frozenset({"instancetype", "machinetype", "armskuname", "vmsize"}),
    "capacity_type": frozenset({"capacitytype", "lifecycle", "purchaseoption", "pricingmodel"}),
    "operating_system": frozenset({"operatingsystem", "os", "productdescription"}),
    "usd_per_hour": frozenset({"usdperhour", "priceusdperhour", "hourlypriceusd", "hourlyusd"}),
    "price_per_hour": frozenset({"priceperhour", "hourlyprice", "pricehourly", "marketpricehourly"}),
    "price": frozenset({"price", "unitprice", "retailprice"}),
    "spot_price": frozenset({"spotprice"}),
    "currency": frozenset({"currency", "currencycode", "billingcurrency"}),
    "unit": frozenset({"unit", "unitofmeasure"}),
    "asset_class": frozenset({"assetclass"}),
    "confirmed_at": frozenset({"confirmedat"}),
    "valid_until": frozenset({"validuntil"}),
}
#: Families of Google Cloud that come with accelerators.
_GOOGLE_ACCELERATORS = re.compile(r"(a\d+x?|g\d+|ct\w+)-|tpu", re.ASCII | re.IGNORECASE)
_NAMES = {word: name for name, words in _SYNONYMS.items() for word in words}


@dataclass(frozen=True, slots=True)
class PriceColumn:
    """A column of prices: how it is bought, what it is in, and for how long, each unless another column says it."""

    place: int
    name: str
    capacities: tuple[str, ...] = ()
    currency: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is. `places` has the columns of a table by our names.

    priced_apart: machines whose price here is without their accelerators.
    """

    format: str
    width: int
    places: Mapping[str, int]
    prices: tuple[PriceColumn, ...]
    provider: str = ""
    asset_class: str | None = None
    priced_apart: re.Pattern[str] | None = None


def find_layout(header: Sequence[str]) -> Layout | Reason | None:
    """Return what a header says; a reason where it is one and cannot be used; None where it is no header."""
    names = [_NAMES.get(squash(cell), "") for cell in header]
    places = {name: names.index(name) for name in names if name}
    kind = _find_kind(places)
    if kind is None:
        return None
    twice = next((name for name, count in Counter(filter(None, names)).items() if count > 1), None)
    if twice is not None:
        return OracleCode.COLUMN_TWICE.because(column=twice)
    if "zone" not in places and "zone_id" in places:
        places["zone"] = places["zone_id"]
    return kind(len(header), places)


def describe_missing(header: Sequence[str]) -> Reason:
    """Return what a table would need to be one of our columns."""
    known = {_NAMES.get(squash(cell), "") for cell in header}
    missing = tuple(name for name in COLUMNS if name not in known)
    return OracleCode.COLUMNS_MISSING.because(missing=missing, expected=",".join(COLUMNS))


def _find_kind(places: Mapping[str, int]) -> Callable[[int, Mapping[str, int]], Layout] | None:
    """Return what lays a table out that has these columns."""
    known = places.keys()
    has_machine = "instance_type" in known and bool({"region", "zone", "zone_id"} & known)
    if not has_machine:
        return None
    if {"observed_at", "asset_class", "price_per_hour"} <= known:
        return _lay_out_opencost
    if {"price", "spot_price"} <= known and "observed_at" not in known:
        return _lay_out_skypilot
    if {"observed_at", "spot_price"} <= known and "capacity_type" not in known:
        return _lay_out_boto3
    if {"observed_at", "capacity_type"} <= known and _find_price(places) is not None:
        return _lay_out_ours
    return None


def _find_price(places: Mapping[str, int]) -> PriceColumn | None:
    """Return the column of prices of a table of ours, if what it is in and for how long is said."""
    if "usd_per_hour" in places:
        return PriceColumn(places["usd_per_hour"], "usd_per_hour", currency="USD", unit="hour")
    if "price_per_hour" in places and "currency" in places:
        return PriceColumn(places["price_per_hour"], "price_per_hour", unit="hour")
    if "price" in places and {"currency", "unit"} <= places.keys():
        return PriceColumn(places["price"], "price")
    return None


def _lay_out_ours(width: int, places: Mapping[str, int]) -> Layout:
    column = _find_price(places)
    assert column is not None, "it was found before"
    return Layout("columns", width, places, (column,))


def _lay_out_boto3(width: int, places: Mapping[str, int]) -> Layout:
    """DescribeSpotPriceHistory, whose prices are USD per hour: the partition that bills in CNY has its own regions."""
    column = PriceColumn(places["spot_price"], "SpotPrice", (CapacityType.SPOT,), "USD", "hour")
    return Layout("boto3-csv", width, places, (column,), provider="aws")


def _lay_out_skypilot(width: int, places: Mapping[str, int]) -> Layout:
    """A catalog of SkyPilot has USD per hour; accelerators of Google have rows of their own beside their machines'.

    Source: its catalog's documentation of the columns, and sky/clouds/gcp.py, which adds the two up.
    """
    columns = (
        PriceColumn(places["price"], "Price", (CapacityType.ON_DEMAND,), "USD", "hour"),
        PriceColumn(places["spot_price"], "SpotPrice", (CapacityType.SPOT,), "USD", "hour"),
    )
    return Layout("skypilot-catalog", width, places, columns, priced_apart=_GOOGLE_ACCELERATORS)


def _lay_out_opencost(width: int, places: Mapping[str, int]) -> Layout:
    """OpenCost charges such a price for each node of the type, however it is bought."""
    both = (CapacityType.SPOT.value, CapacityType.ON_DEMAND.value)
    column = PriceColumn(places["price_per_hour"], "MarketPriceHourly", both, "USD", "hour")
    return Layout("opencost", width, places, (column,), asset_class="node")
