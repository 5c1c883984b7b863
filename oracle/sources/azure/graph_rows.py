"""What Azure's Resource Graph knows of spot machines: 90 days of their prices, and how often they are evicted. Pure.

The question goes to the whole tenant: one that names a subscription is answered with nothing (grafana#103702).
An eviction rate is the chance to be evicted within the next hour, by the last 28 days, in five bands.

Source: learn.microsoft.com, Azure Spot Virtual Machines and Resource Graph REST API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct, field

from oracle.market import CapacityType, OperatingSystem
from oracle.price_history import PricePoint
from oracle.signals import Interruption
from oracle.sources.price_changes import Change, order_changes
from oracle.sources.products import Moment, Product, is_plain_name, tidy_price

PATH = "/providers/Microsoft.ResourceGraph/resources"
API_VERSION = "2024-04-01"
#: Rows of a page, the most that Resource Graph gives.
PAGE_ROWS = 1000
#: Names in one question; the rest is asked in another.
MAX_NAMES = 100

#: Seconds of the period that an eviction rate is a share of.
EVICTION_PERIOD_S = 3600.0
#: Band as Azure writes it -> its ends, shares of 1.
_EVICTION_BANDS: Mapping[str, tuple[float, float]] = {
    "0-5": (0.0, 0.05),
    "5-10": (0.05, 0.10),
    "10-15": (0.10, 0.15),
    "15-20": (0.15, 0.20),
    "20+": (0.20, 1.0),
}


class GraphPage(Struct, frozen=True):
    """One page of rows."""

    data: list[Raw]
    skip_token: str | None = field(default=None, name="$skipToken")


class _Sku(Struct, frozen=True):
    name: str


class _PriceEntry(Struct, frozen=True):
    price: Decimal = field(name="priceUSD")
    effective_date: Moment = field(name="effectiveDate")


class _Prices(Struct, frozen=True):
    os_type: str = field(name="osType")
    entries: list[_PriceEntry] = field(name="spotPrices")


class PriceRow(Struct, frozen=True):
    """The spot prices of one machine with one system in one region."""

    sku: _Sku
    location: str
    properties: _Prices


class _Evictions(Struct, frozen=True):
    rate: str = field(name="evictionRate")


class EvictionRow(Struct, frozen=True):
    """How often one machine is evicted in one region."""

    sku: _Sku
    location: str
    properties: _Evictions


def build_price_question(
    regions: Iterable[str], machines: Iterable[str], skip_token: str | None
) -> dict[str, Any]:
    """Return the question for spot prices by system; names have to be plain."""
    return _build_question("skuspotpricehistory/ostype/location", regions, machines, skip_token)


def build_eviction_question(
    regions: Iterable[str], machines: Iterable[str], skip_token: str | None
) -> dict[str, Any]:
    """Return the question for eviction rates; names have to be plain."""
    return _build_question("skuspotevictionrate/location", regions, machines, skip_token)


def _build_question(
    kind: str, regions: Iterable[str], machines: Iterable[str], skip_token: str | None
) -> dict[str, Any]:
    query = (
        "SpotResources",
        f"where type =~ 'microsoft.compute/{kind}'",
        f"where sku.name in~ ({_quote(machines)})",
        f"where location in~ ({_quote(regions)})",
        "order by id asc",  # without it, pages are cut from any order
    )
    page = {"$skipToken": skip_token} if skip_token else {}
    return {
        "query": " | ".join(query),
        "options": {"resultFormat": "objectArray", "$top": PAGE_ROWS, **page},
    }


def _quote(names: Iterable[str]) -> str:
    chosen = tuple(names)
    if not 1 <= len(chosen) <= MAX_NAMES or not all(map(is_plain_name, chosen)):
        raise ValueError(f"no list of 1 to {MAX_NAMES} plain names: {chosen!r}")
    return ", ".join(f"'{name}'" for name in chosen)


def read_price_changes(rows: Iterable[PriceRow], now: float) -> dict[Product, tuple[PricePoint, ...]]:
    """Return the prices of each spot machine up to wall time `now`, as `order_changes` does."""
    points: dict[Product, list[Change]] = {}
    for row in rows:
        product = _read_product(row)
        if product is not None:
            points.setdefault(product, []).extend(_read_points(row))
    changes = {product: order_changes(of_product, now) for product, of_product in points.items()}
    return {product: of_product for product, of_product in changes.items() if of_product}


def _read_points(row: PriceRow) -> Iterable[Change]:
    for entry in row.properties.entries:
        yield entry.effective_date.timestamp(), tidy_price(entry.price)


def _read_product(row: PriceRow) -> Product | None:
    system = row.properties.os_type.lower()
    if system not in set(OperatingSystem):
        return None
    return Product(row.location.lower(), row.sku.name.lower(), CapacityType.SPOT, OperatingSystem(system))


def read_eviction_rates(rows: Iterable[EvictionRow]) -> dict[tuple[str, str], Interruption]:
    """Return (region, machine), both in lower case -> how often a spot machine is evicted within an hour."""
    rates = {}
    for row in rows:
        band = row.properties.rate
        if band in _EVICTION_BANDS:
            words = f"{band} % an hour, by the last 28 days"
            place = (row.location.lower(), row.sku.name.lower())
            rates[place] = Interruption(*_EVICTION_BANDS[band], EVICTION_PERIOD_S, words)
    return rates
