"""The levels of the simulated market are those that were measured, and realistic where nothing was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oracle.market import CapacityType, Offering
from oracle.regions import load_regions
from oracle.sources.price_levels import PriceLevels, split_size
from resources.loader import load_json

USUAL_TYPES = {"aws": "m5.2xlarge", "gcp": "n2-standard-8", "azure": "Standard_D8s_v5"}


@pytest.fixture(scope="module")
def levels() -> PriceLevels:
    return PriceLevels(load_json("price_levels.json"))


@pytest.mark.parametrize(
    ("offering", "spot", "on_demand"),
    [
        (Offering("aws", "us-east-1", "m5.2xlarge"), "0.1613", "0.384"),
        (Offering("aws", "us-west-2", "m5.2xlarge"), "0.1431", "0.384"),
        (Offering("aws", "eu-west-1", "r5.2xlarge"), "0.2638", "0.56196"),
        (Offering("gcp", "northamerica-northeast2", "n2-standard-4"), "0.0193", "0.2138"),
        (Offering("gcp", "asia-southeast2", "n2-standard-4"), "0.1364", "0.2612"),
        (Offering("azure", "eastus", "Standard_D4s_v5"), "0.0405", "0.192"),
        (Offering("azure", "westus2", "Standard_D16s_v5"), "0.2628", "0.768"),
    ],
    ids=str,
)
def test_measured_prices(levels: PriceLevels, offering: Offering, spot: str, on_demand: str) -> None:
    assert float(levels.find_level(offering) or 0) == pytest.approx(float(spot), rel=0.01)
    assert float(levels.find_on_demand(offering) or 0) == pytest.approx(float(on_demand), rel=0.01)


def test_usual_machine_has_a_believable_price_in_every_region(levels: PriceLevels) -> None:
    for region in load_regions().values():
        offering = Offering(region.provider, region.name, USUAL_TYPES[region.provider])
        level, on_demand = levels.find_level(offering), levels.find_on_demand(offering)
        assert level is not None, region
        assert on_demand is not None, region
        assert Decimal("0.3") < on_demand < Decimal("0.7"), region
        assert Decimal("0.06") < level / on_demand < Decimal("0.7"), region


@pytest.mark.parametrize("provider", USUAL_TYPES)
def test_regions_differ_enough_for_moves_to_pay(levels: PriceLevels, provider: str) -> None:
    keys = [key for key in load_regions() if key.startswith(f"{provider}/")]
    found = [
        levels.find_level(Offering(provider, key.partition("/")[2], USUAL_TYPES[provider])) for key in keys
    ]
    prices = [price for price in found if price is not None]
    assert max(prices) > 2 * min(prices)


@pytest.mark.parametrize(
    "offering",
    [
        Offering("aws", "us-east-9", "m5.2xlarge"),
        Offering("aws", "us-east-1", "x2gd.large"),
        Offering("aws", "us-east-1", "m5"),
        Offering("aws", "us-east-1", "n2-standard-8"),
        Offering("moon", "us-east-1", "m5.2xlarge"),
        Offering("", "", ""),
    ],
    ids=str,
)
def test_unknown_price_is_none(levels: PriceLevels, offering: Offering) -> None:
    assert levels.find_level(offering) is None
    assert levels.find_on_demand(offering) is None


def test_on_demand_offering_costs_the_on_demand_price(levels: PriceLevels) -> None:
    offering = Offering("aws", "us-east-1", "m5.2xlarge", CapacityType.ON_DEMAND)
    assert levels.find_level(offering) == Decimal("0.384")


@pytest.mark.parametrize(
    ("provider", "instance_type", "size"),
    [
        ("aws", "m5.large", ("m5", 1.0)),
        ("aws", "m5.xlarge", ("m5", 2.0)),
        ("aws", "m5.24xlarge", ("m5", 48.0)),
        ("aws", "m5.metal", None),
        ("gcp", "n2-standard-8", ("n2-standard", 8.0)),
        ("gcp", "n2-highmem-8", ("n2-highmem", 8.0)),
        ("azure", "Standard_D8s_v5", ("Standard_D s_v5", 8.0)),
        ("azure", "Standard_D8as_v5", ("Standard_D as_v5", 8.0)),
        ("moon", "rock-1", None),
    ],
)
def test_family_and_size_of_a_machine(
    provider: str, instance_type: str, size: tuple[str, float] | None
) -> None:
    assert split_size(provider, instance_type) == size
