"""Files as the public services of AWS have them, made up and small."""

from __future__ import annotations

import json
from typing import Any

from oracle.market import CapacityType, Offering, OperatingSystem

HOST = "prices.example"
LARGE = Offering("aws", "us-east-1", "m5.large")
LARGE_ON_DEMAND = LARGE.on_demand
WINDOWS = Offering("aws", "us-east-1", "m5.large", CapacityType.SPOT, "", OperatingSystem.WINDOWS)
DUBLIN_LARGE = Offering("aws", "eu-west-1", "m5.large")


def feed_size(name: str, linux: str, windows: str = "N/A*") -> dict[str, Any]:
    columns = [{"name": "linux", "prices": {"USD": linux}}, {"name": "mswin", "prices": {"USD": windows}}]
    return {"size": name, "valueColumns": columns}


def write_feed(sizes_by_region: dict[str, list[Any]], rate: str = "perhr", currency: str = "USD") -> bytes:
    regions = [
        {
            "region": region,
            "footnotes": {"*": "notAvailableForCCorCGPU"},
            "instanceTypes": [{"type": "generalCurrentGen", "sizes": sizes}],
        }
        for region, sizes in sizes_by_region.items()
    ]
    config = {"rate": rate, "valueColumns": ["linux", "mswin"], "currencies": [currency], "regions": regions}
    return b"callback(" + json.dumps({"vers": 0.01, "config": config}).encode() + b");"


RANGES = [
    {"index": 0, "label": "<5%", "dots": 0, "max": 5},
    {"index": 1, "label": "5-10%", "dots": 1, "max": 11},
    {"index": 2, "label": "10-15%", "dots": 2, "max": 16},
    {"index": 3, "label": "15-20%", "dots": 3, "max": 22},
    {"index": 4, "label": ">20%", "dots": 4, "max": 100},
]


def write_advice(bands: dict[str, dict[str, Any]], ranges: list[dict[str, Any]] = RANGES) -> bytes:
    """region -> machine -> band; of Linux."""
    advice = {
        region: {"Linux": {name: {"s": 70, "r": band} for name, band in machines.items()}, "Windows": {}}
        for region, machines in bands.items()
    }
    return json.dumps({"ranges": ranges, "instance_types": {}, "spot_advisor": advice}).encode()


OFFER_COLUMNS = (
    "SKU",
    "TermType",
    "PriceDescription",
    "EffectiveDate",
    "Unit",
    "PricePerUnit",
    "Currency",
    "Instance Type",
    "Tenancy",
    "Operating System",
    "License Model",
    "CapacityStatus",
    "Pre Installed S/W",
)
OFFER_ROW = {
    "SKU": "A1",
    "TermType": "OnDemand",
    "PriceDescription": "$0.096 per On Demand Linux m5.large Instance Hour",
    "EffectiveDate": "2026-09-01",
    "Unit": "Hrs",
    "PricePerUnit": "0.0960000000",
    "Currency": "USD",
    "Instance Type": "m5.large",
    "Tenancy": "Shared",
    "Operating System": "Linux",
    "License Model": "No License required",
    "CapacityStatus": "Used",
    "Pre Installed S/W": "NA",
}


def write_offers(*changes: dict[str, str], columns: tuple[str, ...] = OFFER_COLUMNS) -> bytes:
    """A price list with a row for each set of changes to the usual one."""
    preamble = [
        '"FormatVersion","v1.0"',
        '"Disclaimer","This is informational, as ""is"""',
        '"OfferCode","AmazonEC2"',
    ]
    rows = [{**OFFER_ROW, **change} for change in changes]
    lines = [",".join(f'"{row[name]}"' for name in columns) for row in rows]
    return "\n".join([*preamble, ",".join(f'"{name}"' for name in columns), *lines, ""]).encode()
