"""Of Azure's price list, only what is charged by the hour for the machine that is asked for is its price."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oracle.market import CapacityType, OperatingSystem
from oracle.sources.azure.retail_items import (
    RetailItem,
    RetailPrices,
    build_question,
    find_next_skip,
    read_prices,
)
from oracle.sources.live import PriceClaim
from oracle.sources.products import Product
from tests.oracle.sources.test_formats import azure_item

JULY = 1_782_864_000.0  # 2026-07-01
NOW = JULY + 40 * 86_400.0
SPOT = Product("westeurope", "standard_d4s_v5", CapacityType.SPOT, OperatingSystem.LINUX)
ON_DEMAND = Product("westeurope", "standard_d4s_v5", CapacityType.ON_DEMAND, OperatingSystem.LINUX)


def make_item(**changes: Any) -> dict[str, Any]:
    """A spot machine as the list has it, with some fields otherwise."""
    live = {"retailPrice": 0.0425, "meterId": "1", "location": "EU West", "isPrimaryMeterRegion": True}
    return azure_item(**{**live, **changes})


REGULAR = {"meterId": "2", "meterName": "D4s v5", "skuName": "D4s v5", "retailPrice": 0.23}


def read(*items: dict[str, Any], now: float = NOW) -> RetailPrices:
    return read_prices(msgspec.json.decode(msgspec.json.encode(items), type=list[RetailItem]), now)


def test_spot_and_regular_machine_have_a_price_each_since_it_began() -> None:
    assert read(make_item(), make_item(**REGULAR)).prices == {
        SPOT: PriceClaim(Decimal("0.0425"), JULY),
        ON_DEMAND: PriceClaim(Decimal("0.23"), JULY),
    }


def test_windows_is_another_product_and_never_the_price_of_linux() -> None:
    windows = make_item(meterId="3", productName="Virtual Machines DSv5 Series Windows", retailPrice=0.11)
    prices = read(windows, make_item()).prices
    assert prices[SPOT].usd_per_hour == Decimal("0.0425")
    windows_spot = Product("westeurope", "standard_d4s_v5", CapacityType.SPOT, OperatingSystem.WINDOWS)
    assert prices[windows_spot].usd_per_hour == Decimal("0.11")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Reservation", "reservationTerm": "1 Year"},
        {"type": "DevTestConsumption"},
        {"reservationTerm": "3 Years"},
        {"meterName": "D4s v5 Low Priority", "skuName": "D4s v5 Low Priority"},
        {"skuName": "D4s v5 Low Priority"},
        {"meterName": "D4s v5/D4as v5 Expired"},
        {"productName": "Dsv5 Series Cloud Services"},
        {"productName": "Virtual Machines DSv5 Series Dedicated Host"},
        {"serviceName": "Virtual Machines Licenses"},
        {"unitOfMeasure": "1/Month"},
        {"unitOfMeasure": "100 Hours"},
        {"currencyCode": "CNY"},
        {"location": "US Gov Virginia"},
        {"isPrimaryMeterRegion": False},
        {"tierMinimumUnits": 100},
        {"retailPrice": 0},
        {"retailPrice": -1},
        {"retailPrice": "NaN"},
        {"retailPrice": "1e300"},
        {"armSkuName": ""},
        {"armRegionName": ""},
        {"effectiveStartDate": "2026-09-01T00:00:00Z"},
        {"effectiveEndDate": "2026-07-31T00:00:00Z"},
    ],
    ids=lambda changes: ", ".join(f"{name} {value}" for name, value in changes.items()),
)
def test_what_is_not_the_hour_of_a_machine_is_no_price_of_it(changes: dict[str, Any]) -> None:
    stray = make_item(meterId="stray", **{"retailPrice": 0.001, **changes})
    assert read(stray) == RetailPrices({}, frozenset())
    assert read(make_item(), stray).prices[SPOT].usd_per_hour == Decimal("0.0425")


def test_two_prices_of_two_meters_leave_the_machine_unknown() -> None:
    other = make_item(meterId="other", retailPrice=0.0071)
    assert read(make_item(), other) == RetailPrices({}, frozenset({SPOT}))


def test_newest_price_that_has_begun_holds_whatever_the_order() -> None:
    items = [
        make_item(retailPrice=0.05, effectiveStartDate="2026-06-01T00:00:00Z"),
        make_item(),
        make_item(),
        make_item(retailPrice=0.06, effectiveStartDate="2026-08-30T00:00:00Z"),
    ]
    for seed in range(10):
        random.Random(seed).shuffle(items)
        assert read(*items).prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}


def test_numbers_as_text_and_fields_that_nobody_knows_are_read() -> None:
    item = make_item(retailPrice="0.0425", tierMinimumUnits="0", savingsPlan=[{"term": "1 Year"}], new=None)
    assert read(item).prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}


def test_tail_of_a_float_is_cut_so_that_the_store_can_keep_the_price() -> None:
    assert read(make_item(retailPrice=0.16129999999999999)).prices[SPOT].usd_per_hour == Decimal("0.1613")


def test_names_are_compared_without_their_case() -> None:
    assert SPOT in read(make_item(armSkuName="STANDARD_D4S_V5", armRegionName="WestEurope")).prices


def test_question_names_region_kind_and_currency() -> None:
    question = dict(build_question("westeurope", 1000))
    assert question["currencyCode"] == "'USD'"
    assert "armRegionName eq 'westeurope'" in question["$filter"]
    assert "priceType eq 'Consumption'" in question["$filter"]
    assert question["$skip"] == "1000"
    assert "$skip" not in dict(build_question("westeurope", 0))


@pytest.mark.parametrize(
    ("link", "received", "length", "skip"),
    [
        ("https://prices.azure.com:443/api/retail/prices?$filter=x&$skip=1000", 1000, 1000, 1000),
        ("https://prices.azure.com/api/retail/prices?%24skip=1000&x=1", 1000, 1000, 1000),
        ("https://evil.example/steal?$skip=100", 100, 100, 100),
        ("https://prices.azure.com/api/retail/prices?$skip=abc", 100, 100, 100),
        ("https://prices.azure.com/api/retail/prices?$skip=1&$skip=2", 100, 100, 100),
        ("https://prices.azure.com/api/retail/prices?$skip=200", 100, 0, 200),
        (None, 300, 100, 300),
        (None, 2000, 1000, 2000),
        (None, 342, 42, None),
        (None, 300, 0, None),
        ("", 342, 42, None),
    ],
    ids=[
        *("link", "encoded link", "foreign link", "no number", "two numbers", "empty page with a link"),
        *("full page without a link", "large full page without a link"),
        *("last page", "empty page without a link", "empty link"),
    ],
)
def test_next_page_is_found_by_number_and_never_by_address(
    link: str | None, received: int, length: int, skip: int | None
) -> None:
    assert find_next_skip(link, received, length) == skip
