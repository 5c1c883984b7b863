"""What a move was to cost and what it cost is written down as it was; what is not known stays unknown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.migration.protocol.gate import MoveRates
from controller.migration.protocol.metering import advance_meter, compute_cost_usd
from controller.migration.protocol.outcomes import predict_figures, realise_figures
from tests.controller.migration.records import NOW, dry_run, record

RATES = MoveRates(Decimal("0.10"), Decimal("0.04"), NOW + 60)


def test_a_plan_is_kept_with_its_costs_and_their_sum() -> None:
    plan = replace(
        dry_run(), egress_usd=Decimal("1.5"), overlap_usd=Decimal("0.25"), warm_up_usd=Decimal("0.125")
    )
    figures = predict_figures(plan)
    assert (figures.egress_usd, figures.overlap_usd) == (Decimal("1.5"), Decimal("0.25"))
    assert figures.cost_usd == Decimal("1.875")
    assert figures.savings_usd_per_day == plan.savings_usd_per_day
    assert figures.egress_gb == plan.egress_gb is not None


def test_a_cost_of_which_a_part_is_unknown_is_unknown() -> None:
    figures = predict_figures(replace(dry_run(), egress_usd=None))
    assert (figures.egress_usd, figures.cost_usd) == (None, None)


def test_what_came_of_it_is_the_meter_of_the_move_at_the_rates_of_now() -> None:
    moved = advance_meter(record(source=6, target=2), 1800, RATES)
    figures = realise_figures(moved, RATES)
    assert figures.egress_usd == moved.dry_run.egress_usd
    assert figures.overlap_usd == Decimal("0.04")
    assert figures.egress_gb == moved.dry_run.egress_gb is not None
    assert figures.cost_usd == compute_cost_usd(moved)
    assert figures.savings_usd_per_day == Decimal("0.06") * 24 * 6
