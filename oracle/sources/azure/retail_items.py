"""Azure's public price list, Retail Prices: what is asked, and which of its items is the price of a machine. Pure.

The list mixes what one key has in common: kinds of machines (azure_meters.py), reservations, prices for development.
Reading the last of them as the price has cost others dearly (opencost#3531), so an item is left out unless each of its
fields says that it is what is asked for, and two different prices under one key leave that one unknown.

Source: learn.microsoft.com, Azure Retail Prices REST API; azure-docs#72349, azure-rest-api-specs#13858, mapt#885.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Raw, Struct

from oracle.sources.azure_meters import find_kind
from oracle.sources.live import PriceClaim
from oracle.sources.products import Moment, Product, tidy_price

API_VERSION = "2023-01-01-preview"
#: The least that a page holds unless it is the last one. The documents show 100, and newer answers have 1,000.
FULL_PAGE = 100

_SKIP = re.compile(r"[?&](?:\$|%24)skip=(\d{1,9})(?![^&#])", re.ASCII | re.IGNORECASE)


class RetailPage(Struct, frozen=True):
    """One page of the list."""

    Items: list[Raw]
    NextPageLink: str | None = None


class RetailItem(Struct, frozen=True, rename="camel"):
    """One item of the list, with the fields that say what it is the price of."""

    currency_code: str
    retail_price: Decimal
    unit_of_measure: str
    arm_region_name: str
    arm_sku_name: str
    service_name: str
    product_name: str
    meter_name: str
    type: str
    effective_start_date: Moment
    effective_end_date: Moment | None = None
    sku_name: str = ""
    location: str = ""
    meter_id: str = ""
    tier_minimum_units: Decimal = Decimal(0)
    reservation_term: str | None = None
    is_primary_meter_region: bool = True


class RetailPrices(NamedTuple):
    """What a list says: product -> price; and of which it says two prices at once."""

    prices: Mapping[Product, PriceClaim]
    ambiguous: frozenset[Product]


def build_question(region: str, skip: int) -> tuple[tuple[str, str], ...]:
    """Return the parameters that ask for the virtual machines of a region, after the first `skip` items.

    The filter knows no `or`, so that machines are picked on our side. `region` is a plain name ("westeurope").
    """
    conditions = (
        "serviceName eq 'Virtual Machines'", f"armRegionName eq '{region}'", "priceType eq 'Consumption'",
    )  # fmt: skip
    page = (("$skip", str(skip)),) if skip else ()
    question = (
        ("api-version", API_VERSION),
        ("currencyCode", "'USD'"),
        ("$filter", " and ".join(conditions)),
    )
    return (*question, *page)


def find_next_skip(link: str | None, received: int, page_length: int) -> int | None:
    """Return how many items the next page has to leave out; None where this page was the last.

    Only the number is taken from a link, never the address: an answer does not decide who is asked. Links have been
    missing for everybody once; then a full page says that there are more.

    Args:
        received: items of all pages so far.
        page_length: items of this page.
    """
    if link:
        skips = _SKIP.findall(link)
        return int(skips[0]) if len(skips) == 1 else received
    return received if page_length and page_length % FULL_PAGE == 0 else None


def read_prices(items: Iterable[RetailItem], now: float) -> RetailPrices:
    """Return the prices in force at wall time `now`, from items in any order, twice or not."""
    by_product: dict[Product, dict[str, list[RetailItem]]] = {}
    for item in items:
        product = _find_product(item)
        if product is not None and _is_in_force(item, now):
            by_product.setdefault(product, {}).setdefault(item.meter_id, []).append(item)
    claims = {product: _find_claims(by_meter.values()) for product, by_meter in by_product.items()}
    return RetailPrices(
        {product: found.pop() for product, found in claims.items() if len(found) == 1},
        frozenset(product for product, found in claims.items() if len(found) > 1),
    )


def _is_in_force(item: RetailItem, now: float) -> bool:
    end = item.effective_end_date
    return item.effective_start_date.timestamp() <= now and (end is None or now < end.timestamp())


def _find_claims(meters: Iterable[Sequence[RetailItem]]) -> set[PriceClaim]:
    """Return the newest price of each meter; those that are the same count once, since the first of them."""
    since_by_price: dict[Decimal, float] = {}
    for items in meters:
        newest = max(item.effective_start_date for item in items)
        for item in items:
            if item.effective_start_date == newest:
                since = since_by_price.get(item.retail_price, newest.timestamp())
                since_by_price[item.retail_price] = min(since, newest.timestamp())
    prices = {tidy_price(price): since for price, since in since_by_price.items()}
    return {PriceClaim(price, since) for price, since in prices.items() if price is not None}


def _find_product(item: RetailItem) -> Product | None:
    """Return what the item is the hourly price of; None for everything else, and for clouds of their own."""
    is_machine = item.service_name == "Virtual Machines" and item.arm_sku_name and item.arm_region_name
    if not is_machine or not _is_by_the_hour(item) or "gov" in item.location.lower():
        return None
    kind = find_kind(item.product_name, item.meter_name, item.sku_name)
    return None if kind is None else Product(item.arm_region_name.lower(), item.arm_sku_name.lower(), *kind)


def _is_by_the_hour(item: RetailItem) -> bool:
    """Whether the item is charged by the hour, in USD, without a contract."""
    return (
        item.type == "Consumption"
        and item.currency_code == "USD"
        and item.unit_of_measure == "1 Hour"
        and item.tier_minimum_units == 0
        and not item.reservation_term
        and item.is_primary_meter_region  # what is not primary is charged to nobody
    )
