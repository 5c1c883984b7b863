"""What the Resource Graph says: the newest price wins whatever the order, and a rate keeps its period."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oracle.market import CapacityType, OperatingSystem
from oracle.price_history import PricePoint
from oracle.signals import Interruption
from oracle.sources.azure.graph_rows import (
    MAX_NAMES,
    EvictionRow,
    PriceRow,
    build_eviction_question,
    build_price_question,
    read_eviction_rates,
    read_price_changes,
)
from oracle.sources.products import Product

NOW = 1_785_000_000.0  # 2026-07-25
MAY, JULY = 1_777_593_600.0, 1_782_864_000.0  # 2026-05-01, 2026-07-01
SPOT = Product("westeurope", "standard_d4s_v5", CapacityType.SPOT, OperatingSystem.LINUX)


def make_price_row(*prices: tuple[object, str], system: str = "linux") -> dict[str, Any]:
    return {
        "id": "/subscriptions/x",
        "sku": {"name": "Standard_D4s_v5"},
        "location": "westeurope",
        "properties": {
            "osType": system,
            "spotPrices": [{"priceUSD": price, "effectiveDate": since} for price, since in prices],
        },
    }


def read(*rows: dict[str, Any]) -> dict[Product, tuple[PricePoint, ...]]:
    return read_price_changes(msgspec.json.decode(msgspec.json.encode(rows), type=list[PriceRow]), NOW)


def test_changes_come_in_order_and_the_last_one_is_in_force() -> None:
    row = make_price_row((0.0425, "2026-07-01T00:00:00Z"), ("0.05", "2026-05-01T00:00:00Z"))
    assert read(row) == {SPOT: (PricePoint(MAY, Decimal("0.05")), PricePoint(JULY, Decimal("0.0425")))}


def test_price_that_is_still_to_begin_is_not_in_force() -> None:
    row = make_price_row((0.0425, "2026-07-01T00:00:00Z"), (0.9, "2026-08-01T00:00:00Z"))
    assert read(row)[SPOT][-1].usd_per_hour == Decimal("0.0425")


def test_two_newest_prices_that_begin_at_once_leave_the_machine_unknown() -> None:
    rows = make_price_row((0.05, "2026-05-01T00:00:00Z"), (0.0425, "2026-07-01T00:00:00Z"))
    assert read(rows, make_price_row((0.04, "2026-07-01T00:00:00Z"))) == {}


def test_windows_and_systems_that_nobody_knows_are_no_price_of_linux() -> None:
    rows = [make_price_row((0.9, "2026-07-01T00:00:00Z"), system=system) for system in ("windows", "plan9")]
    assert SPOT not in read(*rows)


@pytest.mark.parametrize("price", [0, -1, 1001, "NaN", "Infinity"])
def test_what_is_no_price_ends_the_one_before_it(price: object) -> None:
    """The last value is not what holds after it; what came before stays known as the past."""
    newest = make_price_row((0.0425, "2026-05-01T00:00:00Z"), (price, "2026-07-01T00:00:00Z"))
    assert read(newest) == {}
    past = make_price_row((price, "2026-05-01T00:00:00Z"), (0.0425, "2026-07-01T00:00:00Z"))
    assert read(past) == {SPOT: (PricePoint(JULY, Decimal("0.0425")),)}


def test_eviction_rate_is_a_band_of_an_hour() -> None:
    rows = [
        {"sku": {"name": "Standard_D4s_v5"}, "location": "WestEurope", "properties": {"evictionRate": band}}
        for band in ("5-10",)
    ]
    known = read_eviction_rates(msgspec.json.decode(msgspec.json.encode(rows), type=list[EvictionRow]))
    words = "5-10 % an hour, by the last 28 days"
    assert known == {("westeurope", "standard_d4s_v5"): Interruption(0.05, 0.10, 3600.0, words)}


@pytest.mark.parametrize(
    ("band", "ends"), [("0-5", (0.0, 0.05)), ("20+", (0.2, 1.0)), ("7", None), ("", None)]
)
def test_band_that_azure_does_not_document_is_unknown(band: str, ends: tuple[float, float] | None) -> None:
    row = {"sku": {"name": "m"}, "location": "r", "properties": {"evictionRate": band}}
    known = read_eviction_rates([msgspec.convert(row, EvictionRow)]).get(("r", "m"))
    assert (None if known is None else (known.at_least, known.at_most)) == ends


def test_question_goes_to_the_whole_tenant_and_names_what_is_wanted() -> None:
    question = build_price_question(["westeurope"], ["Standard_D4s_v5"], None)
    assert "subscriptions" not in question
    assert "skuspotpricehistory/ostype/location" in question["query"]
    assert "sku.name in~ ('Standard_D4s_v5')" in question["query"]
    assert "location in~ ('westeurope')" in question["query"]
    assert "$skipToken" not in question["options"]
    again = build_eviction_question(["westeurope"], ["Standard_D4s_v5"], "next")
    assert again["options"]["$skipToken"] == "next"
    assert "skuspotevictionrate/location" in again["query"]


@pytest.mark.parametrize("name", ["x') | take 1 //", "", "a b", "ä"])
def test_name_that_could_end_the_text_of_a_question_is_never_asked(name: str) -> None:
    with pytest.raises(ValueError, match="plain names"):
        build_price_question(["westeurope"], [name], None)
    with pytest.raises(ValueError, match="plain names"):
        build_eviction_question([name], ["Standard_D4s_v5"], None)


def test_question_has_no_more_names_than_azure_reads() -> None:
    build_price_question(["r"], [f"m{number}" for number in range(MAX_NAMES)], None)
    with pytest.raises(ValueError, match="plain names"):
        build_price_question(["r"], [f"m{number}" for number in range(MAX_NAMES + 1)], None)
