from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.metering import (
    advance_meter,
    compute_cost_usd,
    compute_savings_usd_per_day,
)
from controller.migration.protocol.record import Meter
from controller.migration.protocol.states import Phase
from tests.controller.migration.records import NOW, record

RATES = MoveRates(Decimal("0.10"), Decimal("0.04"), NOW + 60)


def test_only_replicas_that_run_double_cost() -> None:
    single = advance_meter(record(source=5, target=1), 3600, RATES).meter
    double = advance_meter(record(source=6, target=2), 1800, RATES).meter
    assert (single.double_replica_hours, single.overlap_usd) == (0, 0)
    assert (double.double_replica_hours, double.overlap_usd) == (1.0, Decimal("0.04"))
    assert double.elapsed_s == 1800


def test_many_short_looks_cost_what_one_long_look_does() -> None:
    cheap = MoveRates(Decimal("0.004"), Decimal("0.002"), NOW + 60)
    looked_often = record(source=6, target=1)
    for _ in range(7200):
        looked_often = advance_meter(looked_often, 0.5, cheap)
    overlap_usd = looked_often.meter.overlap_usd
    assert overlap_usd is not None
    assert abs(overlap_usd - Decimal("0.002")) < Decimal("1E-8")


def test_running_double_is_metered_without_the_error_of_floats() -> None:
    """A thousand seconds at a rate of 999.99 USD: an error of floats would stand in the twelfth place."""
    dear = MoveRates(Decimal(2000), Decimal("999.99"), NOW + 60)
    assert advance_meter(record(source=6, target=10_000), 1000.0, dear).meter.overlap_usd == 2_777_750


def test_running_double_at_an_unknown_price_costs_an_unknown_amount() -> None:
    blind = advance_meter(record(source=6, target=2), 60, Unpriced())
    assert blind.meter.overlap_usd is None
    assert advance_meter(blind, 60, RATES).meter.overlap_usd is None
    assert compute_cost_usd(blind) is None


def test_an_unknown_price_costs_nothing_while_nothing_runs_double() -> None:
    assert advance_meter(record(source=6, target=0), 60, Unpriced()).meter.overlap_usd == 0


def test_the_egress_is_paid_from_the_first_replica_on() -> None:
    assert compute_cost_usd(record(source=6, target=0)) == 0
    assert compute_cost_usd(record(source=5, target=1)) == Decimal("0.10")
    taken_back = replace(record(source=6, target=0), meter=Meter(60.0, 0.5, Decimal("0.02")))
    assert compute_cost_usd(taken_back) == Decimal("0.12")


@pytest.mark.parametrize(("rates", "savings"), [(RATES, "8.64"), (Unpriced(), "8.64")])
def test_savings_are_todays_or_else_the_plans(rates: MoveRates | Unpriced, savings: str) -> None:
    assert compute_savings_usd_per_day(record(Phase.DONE), rates) == Decimal(savings)


def test_savings_follow_the_price() -> None:
    dearer = MoveRates(Decimal("0.10"), Decimal("0.07"), NOW + 60)
    assert compute_savings_usd_per_day(record(), dearer) == Decimal("4.32")
