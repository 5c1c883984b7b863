"""`sentinelaura ledger prices` tells what each source said of each offering, and never takes one for another."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from oracle.market import CapacityType, Offering
from oracle.quotes import PriceMode, Quote
from tests.controller.history.histories import NOW, Installation
from tests.oracle.sources.price_texts import read_lines

M5 = Offering("aws", "eu-west-3", "m5.large")
E2 = Offering("gcp", "us-central1", "e2-standard-8", CapacityType.ON_DEMAND)
LIVE = Quote("paris", M5, Decimal("0.09"), NOW, NOW, NOW + 60, "prices.csv", PriceMode.LIVE)
STEP_S = 900.0


@pytest.fixture
def priced(installation: Installation) -> Installation:
    """Three live prices of paris, a simulated one of the same machine, and one of another provider."""
    with installation.run() as history:
        for number, price in enumerate(("0.09", "0.12", "0.10")):
            at = NOW + number * STEP_S
            history.sample_prices([replace(LIVE, confirmed_at=at, usd_per_hour=Decimal(price))])
        history.sample_prices([replace(LIVE, source="simulated market", mode=PriceMode.SIMULATED)])
        history.sample_prices([replace(LIVE, context="iowa", offering=E2, usd_per_hour=Decimal("0.3"))])
    installation.clock.now += 2 * STEP_S
    return installation


def test_each_series_has_its_source_its_mode_and_its_range(priced: Installation, ledger) -> None:
    code, out, _ = ledger("prices")
    assert code == ExitCode.OK
    lines = out.splitlines()
    assert lines[::2] == [
        "aws/eu-west-3/m5.large (spot)  live, prices.csv",
        "aws/eu-west-3/m5.large (spot)  simulated, simulated market",
        "gcp/us-central1/e2-standard-8 (on_demand)  live, prices.csv",
    ]
    assert lines[1] == (
        "  min $0.09  median $0.1  max $0.12  last $0.1 an hour; "
        "3 points, 2026-09-21 14:13:20 UTC to 2026-09-21 14:43:20 UTC"
    )


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("paris", ["eu-west-3", "eu-west-3"]),
        ("iowa", ["us-central1"]),
        ("gcp", ["us-central1"]),
        ("aws/eu-west-3", ["eu-west-3", "eu-west-3"]),
        ("aws/eu-west-3/m5.large", ["eu-west-3", "eu-west-3"]),
        ("gcp/us-central1/e2-standard-8 (on_demand)", ["us-central1"]),
    ],
)
def test_contexts_offerings_and_regions_are_found(name: str, regions: list[str], priced, ledger) -> None:
    document = json.loads(ledger("prices", name, "--json")[1])
    assert [series["region"] for series in document["series"]] == regions


def test_programs_get_every_point(priced: Installation, ledger) -> None:
    [live, simulated] = json.loads(ledger("prices", "paris", "--json")[1])["series"]
    assert (live["mode"], live["source"], simulated["mode"]) == ("live", "prices.csv", "simulated")
    assert (live["min"], live["median"], live["max"]) == (0.09, 0.1, 0.12)
    assert live["points"][1] == {"at": NOW + STEP_S, "usd_per_hour": 0.12}
    assert len(simulated["points"]) == 1


def test_only_prices_since_then_are_told(priced: Installation, ledger) -> None:
    [live] = json.loads(ledger("prices", "paris", "--since", "16m", "--json")[1])["series"]
    assert [point["usd_per_hour"] for point in live["points"]] == [0.12, 0.1]
    priced.clock.now += 2 * 86_400
    assert ledger("prices", "paris")[1] == "no prices since 2026-09-22 14:43:20 UTC\n"


def test_rows_are_a_file_of_prices_that_can_be_played_back(priced: Installation, ledger) -> None:
    lines = ledger("prices", "--csv")[1].splitlines()
    table = read_lines(*lines[1:], header=lines[0])
    assert table.unknown == 0
    rows = [table.row(place) for place in range(len(table.times))]
    assert [(row.observed_at, row.usd_per_hour) for row in rows if row.offering == E2] == [
        (NOW, Decimal("0.3"))
    ]
    assert lines[0].endswith(",source,mode")
    assert sum(line.endswith(",simulated market,simulated") for line in lines) == 1


@pytest.mark.parametrize("name", ["nowhere", "aws/eu-west-3/m5", "aws/eu", ""])
def test_a_name_that_was_never_priced_is_bad_input_and_what_was_is_named(name: str, priced, ledger) -> None:
    with pytest.raises(
        CommandFailed, match=r"were recorded, but of aws/eu-west-3/m5.large \(spot\) and gcp"
    ) as failed:
        ledger("prices", name)
    assert failed.value.code == ExitCode.BAD_INPUT
