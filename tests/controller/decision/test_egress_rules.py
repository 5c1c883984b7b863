"""The shipped prices against what was read of the providers' lists, and a person's own before them."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from controller.contract.dry_run import Verdict
from controller.contract.egress import EgressKind, EgressUnit, Trust
from controller.decision.egress import EgressRate
from controller.decision.egress_file import load_egress_table
from controller.decision.egress_rules import EgressTable
from controller.decision.egress_settings import EgressPrice, EgressSettings, ProviderEgress
from controller.decision.evaluation import evaluate_move
from resources.loader import load_json
from tests.controller.decision.worlds import (
    CHECKOUT,
    EGRESS,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_workload,
)

DATA = Path(__file__).parents[4] / "shared" / "data"

#: The first paid tier to the internet, USD per GiB, of the 25 regions of which AWS's list was read.
AWS_INTERNET = {
    **dict.fromkeys(("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"), "0.09"),
    **dict.fromkeys(("eu-central-1", "eu-north-1", "eu-south-1"), "0.09"),
    **dict.fromkeys(("eu-west-1", "eu-west-2", "eu-west-3"), "0.09"),
    "af-south-1": "0.154", "ap-east-1": "0.12", "ap-northeast-1": "0.114", "ap-northeast-2": "0.126",
    "ap-northeast-3": "0.114", "ap-south-1": "0.1093", "ap-south-2": "0.1093", "ap-southeast-1": "0.12",
    "ap-southeast-2": "0.114", "ap-southeast-3": "0.132", "ap-southeast-5": "0.108", "il-central-1": "0.11",
    "me-south-1": "0.117", "sa-east-1": "0.15",
}  # fmt: skip


def read_rows(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recorded data {name} is not beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def find_rate(source: str, target: str, table: EgressTable = EGRESS) -> EgressRate | None:
    """Both as provider/region."""
    return table.find_rate(*source.split("/"), *target.split("/"))


def list_prices(source: str, target: str, table: EgressTable = EGRESS) -> list[Decimal]:
    """The tiers in the provider's own unit, without what is free."""
    rate = find_rate(source, target, table)
    assert rate is not None
    prices = [tier.usd_per_gb * rate.unit.gb for tier in rate.tiers]
    return prices[1:] if rate.free_gb else prices


def say(**providers: ProviderEgress) -> EgressTable:
    return load_egress_table(EgressSettings(providers=providers))


def own(**prices: EgressPrice) -> EgressTable:
    return load_egress_table(EgressSettings(prices=prices))


@pytest.mark.parametrize(
    ("source", "target", "usd"),
    [
        ("aws/ap-northeast-1", "aws/us-east-1", "0.09"),
        ("aws/us-east-1", "aws/ap-northeast-1", "0.02"),
        ("aws/us-east-1", "aws/us-east-2", "0.01"),
        ("aws/us-east-1", "aws/us-east-1", "0.02"),
        ("azure/westeurope", "azure/northeurope", "0.02"),
        ("azure/brazilsouth", "azure/eastus", "0.16"),
        ("gcp/us-central1", "gcp/us-east1", "0.02"),
        ("gcp/europe-west1", "gcp/europe-west4", "0.02"),
        ("gcp/asia-northeast1", "gcp/asia-northeast3", "0.08"),
        ("gcp/southamerica-east1", "gcp/southamerica-west1", "0.14"),
        ("gcp/australia-southeast1", "gcp/australia-southeast2", "0.10"),
        ("gcp/us-central1", "gcp/australia-southeast1", "0.10"),
        ("gcp/asia-southeast2", "gcp/europe-west1", "0.10"),
        ("gcp/europe-north1", "gcp/asia-southeast1", "0.08"),
    ],
)
def test_ways_within_a_provider_cost_what_it_says(source: str, target: str, usd: str) -> None:
    assert list_prices(source, target) == [Decimal(usd)]


@pytest.mark.parametrize(("region", "usd"), AWS_INTERNET.items())
def test_aws_charges_the_internet_by_the_region_that_the_data_leaves(region: str, usd: str) -> None:
    assert list_prices(f"aws/{region}", "gcp/us-central1")[0] == Decimal(usd)


@pytest.mark.parametrize(
    ("source", "target", "usd"),
    [
        ("gcp/europe-west1", "aws/eu-west-1", ["0.12", "0.11", "0.085"]),
        ("gcp/us-central1", "azure/westeurope", ["0.12", "0.11", "0.08"]),
        ("gcp/us-central1", "aws/ap-southeast-2", ["0.19", "0.18", "0.15"]),
        ("gcp/us-central1", "azure/australiaeast", ["0.19", "0.18", "0.15"]),
        ("gcp/asia-southeast1", "aws/ap-southeast-1", ["0.12", "0.11", "0.085"]),
        ("gcp/asia-northeast1", "aws/ap-northeast-1", ["0.14"]),
        ("gcp/asia-northeast3", "aws/ap-northeast-2", ["0.15"]),
        ("gcp/me-west1", "aws/il-central-1", ["0.15", "0.13", "0.11"]),
        ("gcp/southamerica-east1", "aws/sa-east-1", ["0.19", "0.18", "0.15"]),
        ("azure/westeurope", "aws/eu-west-1", ["0.087", "0.083", "0.07", "0.05"]),
        ("azure/japaneast", "aws/eu-west-1", ["0.12"]),
        ("aws/ap-southeast-2", "gcp/us-east1", ["0.114", "0.098", "0.094", "0.092"]),
    ],
)
def test_the_internet_is_charged_in_tiers_by_where_the_data_leaves_and_goes(
    source: str, target: str, usd: list[str]
) -> None:
    assert list_prices(source, target) == [Decimal(price) for price in usd]


@pytest.mark.parametrize(
    ("source", "unit"),
    [("aws/us-east-1", EgressUnit.GIB), ("gcp/us-east1", EgressUnit.GIB), ("azure/eastus", EgressUnit.GB)],
)
def test_each_provider_is_charged_in_its_own_unit(source: str, unit: EgressUnit) -> None:
    rate = find_rate(source, "hetzner/fsn1")
    assert rate is not None
    assert rate.unit is unit


@pytest.mark.parametrize(
    ("source", "target", "gb", "saved_usd", "verdict"),
    [
        ("gcp/europe-west1", "gcp/europe-west4", 100.0, "5", Verdict.PAYS),
        ("aws/ap-southeast-1", "gcp/us-central1", 100.0, "10", Verdict.TOO_DEAR),
        ("gcp/southamerica-east1", "gcp/southamerica-west1", 30.0, "3.2", Verdict.TOO_DEAR),
        ("gcp/australia-southeast1", "gcp/australia-southeast2", 40.0, "5", Verdict.PAYS),
        ("gcp/asia-northeast1", "aws/ap-northeast-1", 60.0, "10", Verdict.PAYS),
    ],
    ids=[
        "Belgium to the Netherlands",
        "Singapore to Google",
        "Sao Paulo to Santiago",
        "Sydney to Melbourne",
        "Tokyo",
    ],
)
def test_verdicts_that_prices_of_the_wrong_region_turned_round(
    source: str, target: str, gb: float, saved_usd: str, verdict: Verdict
) -> None:
    """What the move saves in the day lies between the price that was once taken and the one that is charged."""
    here, there = source.split("/"), target.split("/")
    picture = make_picture(
        make_cluster("tokyo", make_workload(state_gb=gb), provider=here[0], region=here[1]),
        make_cluster("virginia", provider=there[0], region=there[1]),
    )
    cheap = Decimal("0.01")
    board = make_board(tokyo=f"{cheap + Decimal(saved_usd) / 24:.6f}", virginia=str(cheap))
    assert evaluate_move(picture, make_facts(board), CHECKOUT, "virginia").verdict is verdict


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("hetzner/fsn1", "aws/us-east-1"),
        ("azure/atlantis", "azure/eastus"),
        ("azure/eastus", "azure/atlantis"),
        ("aws/atlantis", "aws/us-east-1"),
        ("aws/us-east-1", "aws/atlantis"),
        ("aws/atlantis", "aws/atlantis"),
        ("gcp/us-east1", "gcp/atlantis"),
        ("aws/atlantis", "gcp/us-east1"),
        ("gcp/atlantis", "gcp/us-east1"),
    ],
)
def test_a_way_that_no_list_knows_has_no_price(source: str, target: str) -> None:
    assert find_rate(source, target) is None


def test_the_aws_rules_reproduce_every_recorded_pair_exactly() -> None:
    rows = read_rows("aws_egress/aws_egress_pricing.csv")
    assert len(rows) == 1122
    for row in rows:
        pair = (f"aws/{row['from_region']}", f"aws/{row['to_region']}")
        assert list_prices(*pair) == [Decimal(row["price_usd_per_gb"])], pair


def test_every_known_region_can_send_to_every_other() -> None:
    regions = [f"{row['provider']}/{row['region']}" for row in read_rows("regions.csv")]
    missing = [(a, b) for a in regions for b in regions if find_rate(a, b) is None]
    assert missing == []


def test_every_price_says_where_it_was_read_and_when() -> None:
    for rules in EGRESS.shipped.values():
        for rule in rules:
            source = rule.rate.source
            assert source.text
            assert source.as_of or source.trust is Trust.UPPER_BOUND, source


def test_no_source_is_listed_that_no_price_rests_on() -> None:
    texts = {rule.rate.source.text for rules in EGRESS.shipped.values() for rule in rules}
    assert texts == {source["text"] for source in load_json("egress.json")["sources"].values()}


def test_the_same_rule_is_the_same_object_however_many_routes_it_prices() -> None:
    """The planner prices each volume once by each of them."""
    table = say(aws=ProviderEgress(cross_zone=True))
    first, other = (
        find_rate("aws/eu-west-1", f"aws/{region}", table) for region in ("eu-west-2", "us-east-1")
    )
    assert first is other


# -- what a person says -----------------------------------------------------------------------------------------------


def test_a_nat_gateway_and_another_zone_come_on_top_where_a_person_says_so() -> None:
    table = say(aws=ProviderEgress(nat_gateway=True, cross_zone=True))
    rate = find_rate("aws/us-east-1", "gcp/us-central1", table)
    assert rate is not None
    gib = Decimal("1.073741824")
    assert rate.compute_usd(gib, rate.find_used_gb({})) == Decimal("0.09") + Decimal("0.045") + Decimal(
        "0.02"
    )
    assert [extra.kind for extra in rate.extras] == [EgressKind.NAT_GATEWAY, EgressKind.CROSS_ZONE]


def test_nothing_comes_on_top_of_other_providers_nor_within_a_region() -> None:
    table = say(aws=ProviderEgress(nat_gateway=True, cross_zone=True))
    for source, target in (("gcp/us-central1", "aws/us-east-1"), ("aws/us-east-1", "aws/us-east-1")):
        rate = find_rate(source, target, table)
        assert rate is not None
        assert rate.extras == ()


def test_a_nat_gateway_whose_price_nobody_has_read_makes_the_way_unknown() -> None:
    table = say(aws=ProviderEgress(nat_gateway=True))
    assert find_rate("aws/sa-east-1", "aws/us-east-1", table) is None
    assert find_rate("aws/sa-east-1", "aws/us-east-1") is not None


def test_the_month_so_far_is_that_of_the_provider_that_sends() -> None:
    table = say(aws=ProviderEgress(month_so_far_gb=Decimal(20_000)))
    sending, receiving = (
        find_rate("aws/us-east-1", "gcp/us-central1", table),
        find_rate("gcp/us-central1", "aws/us-east-1", table),
    )
    assert sending is not None
    assert receiving is not None
    assert sending.compute_usd(Decimal("1.073741824"), sending.find_used_gb({})) == Decimal("0.085")
    assert receiving.month_so_far_gb is None


def test_a_price_of_ones_own_comes_before_the_shipped_ones() -> None:
    table = own(contract=EgressPrice(source="aws/us-*", tiers=("1024: 0.05", "0.04"), note="contract 4711"))
    rate = find_rate("aws/us-east-1", "gcp/us-central1", table)
    assert rate is not None
    assert list_prices("aws/us-east-1", "gcp/us-central1", table) == [Decimal("0.05"), Decimal("0.04")]
    assert (rate.source.text, rate.source.trust, rate.unit) == ("contract 4711", Trust.OWN, EgressUnit.GIB)
    assert list_prices("aws/us-east-1", "aws/us-west-2", table) == [Decimal("0.02")], "another way"
    assert list_prices("aws/eu-west-1", "gcp/us-central1", table)[0] == Decimal("0.09"), "another region"


def test_a_price_of_ones_own_can_be_of_a_provider_that_no_list_knows() -> None:
    table = own(there=EgressPrice(source="hetzner/*", target="aws/*", tiers=("20000: 0", "0.001")))
    rate = find_rate("hetzner/fsn1", "aws/eu-central-1", table)
    assert rate is not None
    assert rate.unit is EgressUnit.GB
    assert find_rate("hetzner/fsn1", "gcp/us-east1", table) is None


def test_what_comes_on_top_can_have_a_price_of_ones_own() -> None:
    price = EgressPrice(EgressKind.NAT_GATEWAY, "aws/sa-east-1", tiers=("0.093",))
    said = {"aws": ProviderEgress(nat_gateway=True)}
    rate = find_rate(
        "aws/sa-east-1", "aws/us-east-1", load_egress_table(EgressSettings(said, {"nat": price}))
    )
    assert rate is not None
    assert rate.compute_usd(Decimal("1.073741824")) == Decimal("0.138") + Decimal("0.093")
