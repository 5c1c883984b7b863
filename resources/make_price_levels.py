"""Makes `price_levels.json`, the levels around which the simulated market moves.

Run by hand: python -m resources.make_price_levels prices.csv.gz
Reads recorded Google Cloud prices (columns observed_at, provider, region, instance_type, capacity_type,
usd_per_hour) for that provider's levels; those of AWS and Azure stand below with their origin. Never imported
by the program.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TARGET = FOLDER / "price_levels.json"

#: AWS, USD per hour on demand in us-east-1 (Linux), and the mean spot price of 30 days to 2026-08-03, from
#: SpotLake's archive: type -> (on demand, us-east-1, us-west-2, eu-west-1).
AWS_MEASURED = {
    "m5.xlarge": (0.192, 0.0649, 0.0670, 0.0951),
    "m5.2xlarge": (0.384, 0.1613, 0.1431, 0.2299),
    "m6i.2xlarge": (0.384, 0.1983, 0.1500, 0.2737),
    "m7g.2xlarge": (0.326, 0.1557, 0.1326, 0.1847),
    "c5.2xlarge": (0.340, 0.1544, 0.1375, 0.1868),
    "c7i.2xlarge": (0.357, 0.1534, 0.1635, 0.2048),
    "r5.2xlarge": (0.504, 0.1848, 0.1561, 0.2638),
    "t3.large": (0.083, 0.0329, 0.0331, 0.0431),
    "g4dn.xlarge": (0.526, 0.2664, 0.1997, 0.3269),
    "g5.xlarge": (1.006, 0.6237, 0.6231, 0.8011),
    "p4d.24xlarge": (21.96, 14.92, 16.18, 14.77),
}
#: Median spot price as a share of on demand, measured: three regions in July 2026 (41 types), the others from
#: AWS's Spot Advisor of June 2025 (895 types). Regions that are not named get a share drawn from the
#: advisor's middle half, 28 to 42 %.
AWS_SPOT_SHARES = {
    "us-east-1": 0.43, "us-west-2": 0.40, "eu-west-1": 0.50, "us-east-2": 0.345, "sa-east-1": 0.27,
    "eu-north-1": 0.23, "af-south-1": 0.21, "ap-southeast-3": 0.12, "ap-southeast-5": 0.49,
}  # fmt: skip
#: On-demand price relative to us-east-1. General knowledge of the m5 family, not verified.
AWS_ON_DEMAND_FACTORS = {
    "us-east-1": 1.0, "us-east-2": 1.0, "us-west-1": 1.167, "us-west-2": 1.0, "ca-central-1": 1.115,
    "ca-west-1": 1.115, "mx-central-1": 1.05, "eu-west-1": 1.115, "eu-west-2": 1.156, "eu-west-3": 1.167,
    "eu-central-1": 1.198, "eu-central-2": 1.318, "eu-north-1": 1.063, "eu-south-1": 1.167, "eu-south-2": 1.115,
    "ap-northeast-1": 1.292, "ap-northeast-2": 1.229, "ap-northeast-3": 1.292, "ap-southeast-1": 1.25,
    "ap-southeast-2": 1.25, "ap-southeast-3": 1.25, "ap-southeast-4": 1.25, "ap-southeast-5": 1.125,
    "ap-southeast-6": 1.3, "ap-southeast-7": 1.18, "ap-south-1": 1.052, "ap-south-2": 1.052, "ap-east-1": 1.375,
    "ap-east-2": 1.25, "sa-east-1": 1.594, "af-south-1": 1.323, "me-south-1": 1.229, "me-central-1": 1.229,
    "il-central-1": 1.198,
}  # fmt: skip

#: Azure, USD per hour: on demand in eastus (general knowledge, not verified), and spot of August 2026 from
#: SpotLake's archive: type -> (on demand, eastus, westeurope, westus2).
AZURE_MEASURED = {
    "Standard_D4s_v5": (0.192, 0.0405, 0.0425, 0.0657),
    "Standard_D8s_v5": (0.384, 0.0810, 0.0850, 0.1314),  # twice the D4s_v5, which is how Azure sets them
    "Standard_D8as_v5": (0.344, 0.0726, 0.0769, 0.0636),
    "Standard_NC4as_T4_v3": (0.526, 0.180, 0.571, 0.153),
}
#: On-demand price relative to eastus, by the country a region is in. General knowledge, not verified.
AZURE_ON_DEMAND_FACTORS = {
    "United States": 1.0, "Canada": 1.1, "Mexico": 1.1, "Brazil": 1.55, "Chile": 1.4, "South Africa": 1.3,
    "United Arab Emirates": 1.2, "Qatar": 1.2, "Israel": 1.2, "India": 1.1, "Australia": 1.25,
    "New Zealand": 1.25, "Japan": 1.3, "South Korea": 1.2, "Hong Kong": 1.35, "Taiwan": 1.25, "Singapore": 1.25,
    "Indonesia": 1.25, "Malaysia": 1.2,
}  # fmt: skip
AZURE_ELSEWHERE = 1.2
AZURE_SPOT_SHARES = {"eastus": 0.21, "westeurope": 0.18, "westus2": 0.34}
#: Shares of on demand from which regions without a measured one get theirs.
DRAWN_SHARES = {"aws": (0.28, 0.42), "azure": (0.18, 0.38)}

GCP_TYPES = (
    "n2-standard-8", "n2d-standard-8", "e2-standard-8", "c3-standard-8", "t2d-standard-8",
    "g2-standard-8", "a2-highgpu-1g",
)  # fmt: skip
GCP_REFERENCE = "us-central1"


def main(recorded: Path) -> None:
    """Write the target."""
    regions = json.loads((FOLDER / "regions.json").read_text("utf-8"))
    levels = {
        "aws": _make_aws(regions["aws"]),
        "azure": _make_azure(regions["azure"]),
        "gcp": _make_gcp(recorded, regions["gcp"]),
    }
    TARGET.write_text(_format(levels), "utf-8")


def _collect_measured(measured: Mapping[str, tuple[float, ...]], places: tuple[str, ...]) -> dict[str, Any]:
    """The prices of each instance type that was measured: on demand, then spot in each of these regions."""
    return {
        name: {"on_demand": on_demand, "spot_in": dict(zip(places, spot, strict=True)), "on_demand_in": {}}
        for name, (on_demand, *spot) in measured.items()
    }


def _make_aws(regions: dict[str, Any]) -> dict[str, Any]:
    types = _collect_measured(AWS_MEASURED, ("us-east-1", "us-west-2", "eu-west-1"))
    rows = {
        name: [AWS_ON_DEMAND_FACTORS[name], AWS_SPOT_SHARES.get(name, _draw_share("aws", name))]
        for name in regions
    }
    return {"types": types, "regions": rows}


def _make_azure(regions: dict[str, Any]) -> dict[str, Any]:
    types = _collect_measured(AZURE_MEASURED, ("eastus", "westeurope", "westus2"))
    rows = {
        name: [
            AZURE_ON_DEMAND_FACTORS.get(place[1], AZURE_ELSEWHERE),
            AZURE_SPOT_SHARES.get(name, _draw_share("azure", name)),
        ]
        for name, place in regions.items()
    }
    return {"types": types, "regions": rows}


def _make_gcp(recorded: Path, regions: dict[str, Any]) -> dict[str, Any]:
    newest: dict[tuple[str, str, str], float] = {}
    with gzip.open(recorded, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            newest[row["instance_type"], row["region"], row["capacity_type"]] = float(row["usd_per_hour"])
    types = {name: _collect_type(newest, name) for name in GCP_TYPES}
    rows = {}
    for region in regions:
        on_demand = [
            types[name]["on_demand_in"][region] / types[name]["on_demand"]
            for name in GCP_TYPES
            if region in types[name]["on_demand_in"]
        ]
        shares = [
            types[name]["spot_in"][region] / types[name]["on_demand_in"][region]
            for name in GCP_TYPES
            if region in types[name]["spot_in"]
        ]
        # A region without any recorded machine of these types gets the middle of all others.
        rows[region] = [
            round(statistics.median(on_demand), 3) if on_demand else 1.15,
            round(statistics.median(shares), 3) if shares else 0.29,
        ]
    return {"types": types, "regions": rows}


def _collect_type(newest: dict[tuple[str, str, str], float], name: str) -> dict[str, Any]:
    def collect(capacity_type: str) -> dict[str, float]:
        return {
            region: float(f"{price:.5g}")
            for (instance_type, region, capacity), price in sorted(newest.items())
            if instance_type == name and capacity == capacity_type
        }

    on_demand = collect("on_demand")
    return {"on_demand": on_demand[GCP_REFERENCE], "spot_in": collect("spot"), "on_demand_in": on_demand}


def _draw_share(provider: str, region: str) -> float:
    """Draw a share that looks random, differs between regions and is the same in every run."""
    low, high = DRAWN_SHARES[provider]
    digest = hashlib.sha256(f"{provider}/{region}".encode()).digest()
    return round(low + (high - low) * digest[0] / 255, 3)


def _format(levels: dict[str, Any]) -> str:
    """One line per instance type and per region, so that a change is readable."""
    blocks = []
    for provider, level in levels.items():
        parts = []
        for part in ("types", "regions"):
            lines = [f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in level[part].items()]
            parts.append(f"    {json.dumps(part)}: {{\n" + ",\n".join(lines) + "\n    }")
        blocks.append(f"  {json.dumps(provider)}: {{\n" + ",\n".join(parts) + "\n  }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
