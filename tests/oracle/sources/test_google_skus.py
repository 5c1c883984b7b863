"""A list of Google's SKUs is read as machines: cores, memory and GPUs at the prices of their family."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.errors import PriceFileError
from tests.oracle.sources.price_texts import prices_of, problems_of, read_bytes

JULY, JUNE = "2026-07-01T07:00:00Z", "2026-06-01T07:00:00Z"


def sku(description: str, usd: str, unit: str, since: str = JULY, usage: str = "OnDemand") -> dict[str, Any]:
    """A part of machines in two regions; `usd` in whole units and billionths, as Google writes them."""
    units, _, rest = usd.partition(".")
    money = {"currencyCode": "USD", "units": units, "nanos": int(rest.ljust(9, "0"))}
    return {
        "name": "services/6F81-5844-456A/skus/0",
        "skuId": "0",
        "description": description,
        "category": {"resourceFamily": "Compute", "resourceGroup": "CPU", "usageType": usage},
        "serviceRegions": ["us-central1", "us-east1"],
        "pricingInfo": [
            {
                "effectiveTime": since,
                "pricingExpression": {
                    "usageUnit": unit,
                    "tieredRates": [{"startUsageAmount": 0, "unitPrice": money}],
                },
            }
        ],
        "geoTaxonomy": {"type": "MULTI_REGIONAL"},
    }


def read(*skus: dict[str, Any]):  # type: ignore[no-untyped-def]
    return read_bytes(json.dumps({"skus": skus, "nextPageToken": ""}).encode())


N2 = (
    sku("N2 Instance Core running in Americas", "0.031611", "h"),
    sku("N2 Instance Ram running in Americas", "0.004237", "GiBy.h", JUNE),
)
SPOT_N2 = (
    sku("Spot Preemptible N2 Instance Core running in Americas", "0.007", "h", usage="Preemptible"),
    sku("Spot Preemptible N2 Instance Ram running in Americas", "0.001", "GiBy.h", usage="Preemptible"),
)


def test_a_machine_costs_its_cores_and_its_memory() -> None:
    """n2-standard-4: 4 cores and 16 GiB."""
    table = read(*N2, *SPOT_N2)
    prices = prices_of(table)
    assert table.format == "google-skus-json"
    assert prices["gcp/us-central1/n2-standard-4 (on_demand)"] == ["0.194236"]
    assert prices["gcp/us-east1/n2-standard-4 (spot)"] == ["0.044"]
    assert {name.split("/")[2].split("-")[0] for name in prices} == {"n2"}


def test_a_machine_is_priced_since_the_newest_of_its_parts() -> None:
    table = read(*N2)
    rows = [table.row(number) for _, place in table.slices() for number in range(place.start, place.stop)]
    assert {row.observed_at for row in rows} == {1_782_889_200.0}


def test_a_gpu_is_a_part_like_the_others() -> None:
    """g2-standard-4: 4 cores, 16 GiB and one L4."""
    g2 = (
        sku("G2 Instance Core running in Americas", "0.02", "h"),
        sku("G2 Instance Ram running in Americas", "0.002", "GiBy.h"),
    )
    gpu = sku("Nvidia L4 GPU running in Americas", "0.5", "h")
    assert not [name for name in prices_of(read(*N2, *g2)) if "g2-" in name]
    with_gpu = prices_of(read(*N2, *g2, gpu))
    assert with_gpu["gcp/us-central1/g2-standard-4 (on_demand)"] == ["0.612"]


def test_two_prices_of_one_part_price_no_machine() -> None:
    with pytest.raises(PriceFileError, match="no machine that is known has a price for each of its parts"):
        read(*N2, sku("N2 Instance Core running in Iowa", "0.5", "h"))


def test_what_is_no_item_of_the_catalog_is_left_out_with_its_line() -> None:
    broken = {"skuId": "1", "description": 7, "pricingInfo": []}
    table = read(*N2, broken)
    assert prices_of(table)
    assert [line for line, _ in problems_of(table)] == [1]


def test_a_list_without_prices_says_what_it_is() -> None:
    empty = {**N2[0], "pricingInfo": []}
    with pytest.raises(PriceFileError, match="Google Cloud's list of SKUs"):
        read(empty)
