"""What sending data costs: the shipped rules, their completeness, and tiers."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decision.egress import EgressRate, EgressTier, parse_egress_table
from tests.controller.decision.worlds import EGRESS

DATA = Path(__file__).parents[4] / "shared" / "data"

TIERED = EgressRate(
    (
        EgressTier(Decimal(10), Decimal("0.09")),
        EgressTier(Decimal(50), Decimal("0.08")),
        EgressTier(None, Decimal("0.05")),
    ),
    "over the internet",
)
volumes = st.decimals(min_value=0, max_value=10_000, places=3)


def read_rows(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recorded data {name} is not beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def find_price(source: str, target: str) -> Decimal | None:
    """Both as provider/region."""
    rate = EGRESS.find_rate(*source.split("/"), *target.split("/"))
    return rate.tiers[0].usd_per_gb if rate is not None else None


@pytest.mark.parametrize(
    ("source", "target", "usd_per_gb"),
    [
        ("aws/ap-northeast-1", "aws/us-east-1", "0.09"),
        ("aws/us-east-1", "aws/ap-northeast-1", "0.02"),
        ("aws/us-east-1", "aws/us-east-2", "0.01"),
        ("aws/us-east-1", "gcp/us-central1", "0.09"),
        ("azure/westeurope", "azure/northeurope", "0.02"),
        ("azure/brazilsouth", "azure/eastus", "0.16"),
        ("gcp/us-central1", "gcp/us-east1", "0.02"),
        ("gcp/us-central1", "gcp/australia-southeast1", "0.157"),
        ("gcp/europe-west1", "aws/eu-west-1", "0.12"),
        ("aws/us-east-1", "aws/us-east-1", "0.02"),
    ],
)
def test_known_ways_cost_what_the_providers_say(source: str, target: str, usd_per_gb: str) -> None:
    assert find_price(source, target) == Decimal(usd_per_gb)


def test_an_unknown_provider_has_no_price() -> None:
    assert find_price("hetzner/fsn1", "aws/us-east-1") is None


def test_an_unknown_region_of_azure_has_no_price() -> None:
    assert find_price("azure/atlantis", "azure/eastus") is None


def test_the_aws_rules_reproduce_every_recorded_pair_exactly() -> None:
    rows = read_rows("aws_egress/aws_egress_pricing.csv")
    errors = {
        (row["from_region"], row["to_region"]): abs(price - Decimal(row["price_usd_per_gb"]))
        for row in rows
        if (price := find_price(f"aws/{row['from_region']}", f"aws/{row['to_region']}")) is not None
    }
    assert len(errors) == len(rows), "every recorded pair has a rule"
    assert max(errors.values()) == 0, f"the largest error is {max(errors.values())} USD per GB"


def test_every_known_region_can_send_to_every_other() -> None:
    regions = [f"{row['provider']}/{row['region']}" for row in read_rows("regions.csv")]
    missing = [(a, b) for a in regions for b in regions if find_price(a, b) is None]
    assert missing == []


def test_tiers_split_a_volume() -> None:
    assert TIERED.compute_usd(Decimal(60)) == Decimal("0.9") + Decimal("3.2") + Decimal("0.5")


def test_what_was_sent_before_uses_up_the_dear_tiers() -> None:
    assert TIERED.compute_usd(Decimal(10), used_gb=Decimal(50)) == Decimal("0.50")


@given(first=volumes, second=volumes, used=volumes)
def test_sending_in_two_parts_costs_the_same(first: Decimal, second: Decimal, used: Decimal) -> None:
    together = TIERED.compute_usd(first + second, used)
    assert together == TIERED.compute_usd(first, used) + TIERED.compute_usd(second, used + first)


def test_a_negative_volume_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        TIERED.compute_usd(Decimal(-1))


@pytest.mark.parametrize(
    ("tiers", "complaint"),
    [
        ([{"up_to_gb": 10, "usd_per_gb": "0.09"}], "without end"),
        ([{"up_to_gb": None, "usd_per_gb": "-1"}], "not a price"),
        ([{"up_to_gb": None, "usd_per_gb": "cheap"}], "InvalidOperation"),
        ([], "without end"),
    ],
    ids=["no last tier", "negative price", "not a number", "no tiers"],
)
def test_broken_rules_name_the_provider(tiers: list[dict[str, object]], complaint: str) -> None:
    section = {
        "groups": {},
        "same_region": "0",
        "inter_region": [],
        "internet": [{"from": ["*"], "tiers": tiers}],
    }
    with pytest.raises(ValueError, match=f"(?s)egress rules of aws.*{complaint}"):
        parse_egress_table({"currency": "USD", "providers": {"aws": section}})
