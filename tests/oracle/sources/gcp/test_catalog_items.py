"""A machine of Google Cloud costs its parts at the prices of its family; it has none where one of them is unknown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oracle.market import CapacityType
from oracle.sources.gcp.catalog_items import (
    CatalogItem,
    Part,
    PartKind,
    PartPrices,
    Shape,
    parse_shapes,
    read_parts,
)
from resources.loader import load_json

RECORDED = Path(__file__).parents[5] / "shared" / "data" / "gcp_catalog"
SHAPES = parse_shapes(load_json("gcp_machine_shapes.json"))
IOWA = frozenset({"us-central1"})
NOW = 1_785_000_000.0


def make_item(description: str, usd: str, unit: str = "h", usage: str = "OnDemand", **changes: Any) -> Any:
    """An item of the catalog in us-central1, with some fields otherwise."""
    units, _, billionths = usd.partition(".")
    money = {"currencyCode": "USD", "units": units, "nanos": int(billionths.ljust(9, "0"))}
    return {
        "name": "services/6F81-5844-456A/skus/1",
        "skuId": "1",
        "description": description,
        "category": {"resourceFamily": "Compute", "resourceGroup": "CPU", "usageType": usage},
        "serviceRegions": ["us-central1", "us-east1"],
        "pricingInfo": [
            {
                "effectiveTime": "2026-07-01T00:00:00.123456789Z",
                "currencyConversionRate": 1,
                "pricingExpression": {
                    "usageUnit": unit,
                    "displayQuantity": 1,
                    "tieredRates": [{"startUsageAmount": 0, "unitPrice": money}],
                },
            }
        ],
        **changes,
    }


#: What the catalog said of E2 in the Americas; Google's own table of machines has 0.06701142 for an e2-standard-2.
E2 = [
    make_item("E2 Instance Core running in Americas", "0.02181159"),
    make_item("E2 Instance Ram running in Americas", "0.00292353", "GiBy.h"),
]
E2_SPOT = [
    make_item("Spot Preemptible E2 Instance Core running in Americas", "0.006543", usage="Preemptible"),
    make_item("Spot Preemptible E2 Instance Ram running in Americas", "0.000877", "GiBy.h", "Preemptible"),
]


def read(items: list[Any], now: float = NOW) -> dict[Part, Decimal]:
    return dict(read_parts([msgspec.convert(item, CatalogItem) for item in items], IOWA, now))


def price(items: list[Any], machine: str, capacity: CapacityType = CapacityType.ON_DEMAND) -> Decimal | None:
    parts = read_parts([msgspec.convert(item, CatalogItem) for item in items], IOWA, NOW)
    return PartPrices(parts).find_price(SHAPES[machine], "us-central1", capacity)


@pytest.mark.parametrize(
    ("machine", "usd"),
    [("e2-standard-2", "0.06701142"), ("e2-medium", "0.03350571"), ("e2-small", "0.016752855")],
)
def test_machine_costs_what_googles_own_table_says(machine: str, usd: str) -> None:
    assert price(E2, machine) == Decimal(usd)


def test_spot_and_on_demand_are_never_mixed() -> None:
    assert price(E2 + E2_SPOT, "e2-standard-2", CapacityType.SPOT) == Decimal("0.020102")
    assert price(E2 + E2_SPOT, "e2-standard-2") == Decimal("0.06701142")
    assert price(E2 + E2_SPOT[:1], "e2-standard-2", CapacityType.SPOT) is None


def test_machine_with_gpus_costs_them_too_and_nothing_without_their_price() -> None:
    parts = [
        make_item("G2 Instance Core running in Americas", "0.02"),
        make_item("G2 Instance Ram running in Americas", "0.003", "GiBy.h"),
    ]
    gpu = make_item("Nvidia L4 GPU running in Americas", "0.56")
    spot = make_item(
        "Nvidia L4 GPU attached to Spot Preemptible VMs running in Americas", "0.2", usage="Preemptible"
    )
    assert price([*parts, spot], "g2-standard-24") is None
    assert price([*parts, spot, gpu], "g2-standard-24") == Decimal("1.888")


def test_compute_optimized_is_found_under_both_of_its_names() -> None:
    for instance in ("", " Instance"):
        parts = [
            make_item(f"Compute optimized{instance} Core running in Madrid", "0.03"),
            make_item(f"Compute optimized{instance} Ram running in Madrid", "0.004", "GiBy.h"),
        ]
        assert price(parts, "c2-standard-8") == Decimal("0.368")


@pytest.mark.parametrize(
    "description",
    [
        "E2 Custom Instance Core running in Americas",
        "E2 Custom Extended Instance Core running in Americas",
        "E2 Sole Tenancy Instance Core running in Americas",
        "Sole Tenancy Premium for E2 Instance Core running in Americas",
        "Reserved E2 Instance Core in Americas",
        "Commitment v1: E2 Core in Americas for 1 Year",
        "DWS Defined Duration E2 Instance Core running in Americas",
        "Spot Preemptible E2 Instance Core running in Americas",
        "e2 instance core running in americas",
        "Licensing Fee for something on E2 Instance Core running in Americas",
    ],
)
def test_what_is_not_exactly_the_part_of_a_machine_is_no_price_of_it(description: str) -> None:
    assert price([*E2, make_item(description, "0.5")], "e2-standard-2") == Decimal("0.06701142")
    assert price([E2[1], make_item(description, "0.5")], "e2-standard-2") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"unit": "GiBy.h"},
        {"unit": "mo"},
        {"usage": "Commit1Yr"},
        {"usage": "Preemptible"},
        {"category": {"resourceFamily": "License", "usageType": "OnDemand"}},
        {"serviceRegions": ["europe-west1"]},
        {"pricingInfo": []},
        {"usd": "0"},
    ],
    ids=str,
)
def test_item_of_another_unit_kind_or_place_leaves_the_machine_unknown(changes: dict[str, Any]) -> None:
    wrong = {"description": "E2 Instance Core running in Americas", "usd": "0.02181159", **changes}
    assert price([E2[1], make_item(**wrong)], "e2-standard-2") is None


def test_endless_description_is_passed_over_at_once() -> None:
    """To find what it says would take hours, in which nothing else runs."""
    endless = make_item("E2 Instance " + "Core running in Americas " * 100_000 + "\n", "0.5")
    assert price([*E2, endless], "e2-standard-2") == Decimal("0.06701142")


def test_price_that_depends_on_how_much_is_bought_is_unknown() -> None:
    item = make_item("E2 Instance Core running in Americas", "0.02")
    rates = item["pricingInfo"][0]["pricingExpression"]["tieredRates"]
    rates.append({**rates[0], "startUsageAmount": 100})
    assert price([E2[1], item], "e2-standard-2") is None


def test_newest_price_that_has_begun_holds() -> None:
    item, later = (make_item("E2 Instance Core running in Americas", usd) for usd in ("0.02181159", "9"))
    later["pricingInfo"][0]["effectiveTime"] = "2026-12-01T00:00:00Z"
    older = make_item("E2 Instance Core running in Americas", "8")
    older["pricingInfo"][0]["effectiveTime"] = "2025-12-01T00:00:00Z"
    item["pricingInfo"] = [*later["pricingInfo"], *item["pricingInfo"], *older["pricingInfo"]]
    assert price([E2[1], item], "e2-standard-2") == Decimal("0.06701142")


def test_two_prices_of_one_part_leave_every_machine_with_it_unknown() -> None:
    assert price([*E2, *E2], "e2-standard-2") == Decimal("0.06701142")
    other = make_item("E2 Instance Core running in Northern Virginia", "0.0219")
    assert price([*E2, other], "e2-standard-2") is None


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded items of the catalog are not here")
@pytest.mark.parametrize("region", ["us-central1", "us-east4", "europe-west1", "asia-southeast1"])
def test_recorded_items_are_understood(region: str) -> None:
    components = json.loads((RECORDED / f"gcp_pricecache_{region}.json").read_text())["components"]
    items = [
        make_item(
            one["description"],
            f"{one['unit_price']:.9f}",
            one["usage_unit"],
            "Preemptible",
            serviceRegions=[region],
        )
        for one in components
    ]
    parts = read_parts([msgspec.convert(item, CatalogItem) for item in items], frozenset({region}), NOW)
    core, memory, gpu = (Decimal(f"{one['unit_price']:.9f}") for one in components)
    assert dict(parts) == {
        Part(region, CapacityType.SPOT, "A3", PartKind.CORE): core,
        Part(region, CapacityType.SPOT, "A3", PartKind.MEMORY): memory,
        Part(region, CapacityType.SPOT, "Nvidia H100 80GB", PartKind.GPU): gpu,
    }


def test_shapes_are_what_google_documents() -> None:
    assert SHAPES["n2-standard-8"] == Shape("N2", Decimal(8), Decimal(32))
    assert SHAPES["n1-highcpu-16"] == Shape("N1 Predefined", Decimal(16), Decimal("14.4"))
    assert SHAPES["n2-highmem-128"] == Shape("N2", Decimal(128), Decimal(864))
    assert SHAPES["c4-standard-2"] == Shape("C4", Decimal(2), Decimal(7))
    assert SHAPES["g2-standard-96"] == Shape("G2", Decimal(96), Decimal(384), "Nvidia L4", 8)


def test_machines_with_parts_that_are_billed_beside_them_have_no_shape() -> None:
    assert not [
        name for name in SHAPES if "lssd" in name or name.startswith(("a3-", "a2-ultra", "z3-", "m2-"))
    ]
    assert "n2-custom-4-16384" not in SHAPES


def test_every_simulated_machine_has_a_shape() -> None:
    assert load_json("price_levels.json")["gcp"]["types"].keys() <= SHAPES.keys()
