"""The one formula for a move: exact for what is shown, and never further off than its bound where it is quick."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Resources
from controller.contract.egress import EgressUnit
from controller.decision.egress import sum_tiers
from controller.decision.egress_settings import MAX_TIERS
from controller.decision.pricing import (
    MAX_RATE,
    RATE_STEP,
    Assumptions,
    Bill,
    assume,
    assume_floats,
    bound_error,
    compute_node_share,
    compute_remaining_usd,
    count_hours_left,
    count_rate_steps,
    count_share_steps,
    find_payback_h,
    price_double,
    price_move,
    price_replicas,
    rank_move,
    share_costs,
    to_rate,
    weigh_rates,
)
from controller.decision.settings import DecisionSettings
from controller.decision.waves import count_pod_waves, plan_wave_sizes
from tests.controller.decision.worlds import make_rate

EXACT = assume(DecisionSettings())
#: As many tiers as there may be: each rounds once more.
TIERED = make_rate(
    ("10", "0.09"), ("70", "0.0899"), ("500", "0.083"), ("3000", "0.081"), ("7777", "0.07"), ("80000", "0.061"),
    ("1000000", "0.06"), (None, "0.0512"), unit=EgressUnit.GIB,
)  # fmt: skip

rates = st.decimals(min_value=0, max_value=MAX_RATE, places=11)
volumes = st.floats(0, 1e9)


@pytest.mark.parametrize(
    ("requests", "share"),
    [
        (Resources(2.0, 1.0), "0.5"),
        (Resources(0.5, 8.0), "0.5"),
        (Resources(4.0, 16.0), "1"),
    ],
    ids=["cpu fills the node", "memory fills the node", "the whole node"],
)
def test_a_pod_costs_the_larger_share(requests: Resources, share: str) -> None:
    assert compute_node_share(requests, Resources(4.0, 16.0)) == Decimal(share)


@pytest.mark.parametrize("size", [Resources(0.0, 16.0), Resources(4.0, 1e-25)], ids=["unknown", "absurd"])
def test_a_node_without_a_sensible_size_has_no_share(size: Resources) -> None:
    assert compute_node_share(Resources(1.0, 1.0), size) is None


def test_a_rate_is_a_whole_number_of_steps() -> None:
    steps = count_rate_steps(Decimal("0.1"), Decimal(1) / 3)
    assert steps is not None
    assert to_rate(steps) == steps * RATE_STEP == Decimal("0.03333333333")


def test_a_rate_beyond_belief_is_unknown() -> None:
    assert count_rate_steps(MAX_RATE, Decimal(1)) is None
    assert count_rate_steps(MAX_RATE, Decimal("0.9999")) is not None


def test_a_share_of_a_rate_is_counted_in_hundredths_of_a_percent() -> None:
    assert count_share_steps(Decimal("0.05")) == 500


@given(replicas=st.integers(1, 100), source=rates, target=rates)
def test_overlap_is_the_difference_to_a_move_in_no_time(
    replicas: int, source: Decimal, target: Decimal
) -> None:
    """Book every pod by the hour over a day, and compare with the formula."""
    day, wave_h = Decimal(24), EXACT.wave_h
    waves = plan_wave_sizes(replicas, Decimal("0.25"), 1)
    booked = sum(
        size * (source * number * wave_h + target * (day - (number - 1) * wave_h))
        for number, size in enumerate(waves, start=1)
    )
    in_no_time = target * replicas * day
    bill = price_move(source, target, Decimal(replicas), Decimal(count_pod_waves(waves)), Decimal(0), EXACT)
    assert bill.overlap_usd == (booked - in_no_time if source > target else target * replicas * wave_h)


def test_the_bill_adds_up() -> None:
    bill = price_move(Decimal("0.1"), Decimal("0.025"), Decimal(4), Decimal(10), Decimal("0.09"), EXACT)
    assert bill.savings_usd == Decimal("7.2")
    assert bill.overlap_usd == Decimal("0.010") + Decimal("0.075")
    assert bill.warm_up_usd == Decimal("0.005")
    assert bill.one_off_usd == Decimal("0.18")
    assert bill.net_usd == Decimal("7.02")


def test_the_way_back_counts_with_its_chance() -> None:
    assert rank_move(Decimal(7), Decimal(3), EXACT) == Decimal("5.5")


def test_a_move_that_saves_nothing_never_pays_back() -> None:
    bill = Bill(Decimal(36), Decimal(1), Decimal(1), Decimal(3), Decimal(33))
    assert find_payback_h(bill, Decimal(4), Decimal("2.5")) == 2
    assert find_payback_h(bill, Decimal(4), Decimal(4)) is None
    assert find_payback_h(bill, Decimal(4), Decimal(5)) is None


def test_running_double_costs_what_its_seconds_cost_to_the_last_digit() -> None:
    assert price_double(Decimal("0.36"), 2, 90.0) == Decimal("0.018")
    assert price_double(Decimal("999.99"), 10_000, 1000.0) == Decimal("2777750")


def test_the_window_ends_and_costs_are_paid_with_each_replica() -> None:
    assert count_hours_left(24.0, 5400.0) == Decimal("22.5")
    assert count_hours_left(24.0, 25 * 3600.0) == 0
    assert share_costs(Decimal("0.15"), 2, 6) == Decimal("0.05")


def test_what_is_left_of_a_move_is_worth_the_rest_of_the_window_less_the_costs_ahead() -> None:
    assert compute_remaining_usd(Decimal("0.10"), Decimal("0.04"), 3, Decimal(12), Decimal("0.5")) == (
        Decimal("0.06") * 36 - Decimal("0.5")
    )


@given(
    source=rates.filter(lambda rate: rate > 0),
    part=st.decimals(0, 1, places=11),
    replicas=st.integers(1, 10**6),
    gb=volumes,
    used_gb=volumes,
    hours=st.tuples(*[st.decimals("0.001", "9000", places=3)] * 3),
    chance=st.decimals(0, 1, places=2),
)
def test_floats_are_never_further_off_than_their_bound(
    source: Decimal,
    part: Decimal,
    replicas: int,
    gb: float,
    used_gb: float,
    hours: tuple[Decimal, Decimal, Decimal],
    chance: Decimal,
) -> None:
    """For every target that is cheaper than the source."""
    assert len(TIERED.tiers) == MAX_TIERS
    target = (source * part).quantize(RATE_STEP)
    exact = Assumptions(*hours, chance)
    quick = Assumptions(*map(float, hours), float(chance))
    pod_waves = count_pod_waves(plan_wave_sizes(replicas, Decimal("0.25"), 1))
    exact_gb, exact_used = Decimal(repr(gb)), Decimal(repr(used_gb))
    egress = TIERED.compute_usd(exact_gb, exact_used)
    bill = price_move(source, target, Decimal(replicas), Decimal(pod_waves), egress, exact)
    rank = rank_move(bill.net_usd, egress, exact)

    column = np.array([[float(replicas)]])
    tiers = [
        (None if tier.up_to_gb is None else float(tier.up_to_gb), float(tier.usd_per_gb))
        for tier in TIERED.tiers
    ]
    quick_egress = sum_tiers(tiers, np.array([[gb]]), used_gb)  # type: ignore[misc]
    here, there = (np.array([[float(rate / RATE_STEP)]]) * float(RATE_STEP) for rate in (source, target))
    at_source, at_target = weigh_rates(column, np.array([[float(pod_waves)]]), quick)
    quick_net = here * at_source + there * at_target - quick_egress
    quick_rank = rank_move(quick_net, quick_egress, quick)
    bound = bound_error(here, column, np.array([[float(pod_waves)]]), np.array([[gb]]), 0.09, used_gb, quick)
    assert abs(Decimal(quick_net[0, 0]) - bill.net_usd) <= Decimal(bound[0, 0])
    assert abs(Decimal(quick_rank[0, 0]) - rank) <= Decimal(bound[0, 0])


@given(source=rates, part=st.decimals(0, "0.99", places=2), replicas=st.integers(0, 2000))
def test_into_a_cheaper_target_the_formula_is_the_weighed_sum_of_both_rates(
    source: Decimal, part: Decimal, replicas: int
) -> None:
    pods, egress = (Decimal(replicas), Decimal(replicas * 3)), Decimal("0.09")
    at_source, at_target = weigh_rates(*pods, EXACT)
    net = price_move(source, source * part, *pods, egress, EXACT).net_usd
    assert source * at_source + source * part * at_target - egress == net


def test_quick_constants_are_the_exact_ones_rounded() -> None:
    assert assume_floats(DecisionSettings()) == Assumptions(24.0, 0.1, 0.05, 0.5)


GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("requests", "there", "share"),
    [
        (Resources(1.0, 1.0, ((GPU, 4.0),)), ((GPU, 8.0),), "0.5"),
        (Resources(3.0, 1.0, ((GPU, 4.0),)), ((GPU, 8.0),), "0.75"),
        (Resources(1.0, 1.0, ((GPU, 4.0),)), (), None),
        (Resources(1.0, 1.0, ((GPU, 4.0),)), (("amd.com/gpu", 8.0),), None),
        (Resources(1.0, 1.0), ((GPU, 8.0),), "0.25"),
        (Resources(4000.0, 1.0), (), "1000"),
        (Resources(4000.1, 1.0), (), None),
    ],
    ids=["device", "more of the cores", "none there", "others there", "none asked", "most", "too much"],
)
def test_a_device_that_is_asked_for_counts_as_cores_and_memory_do(
    requests: Resources, there: tuple[tuple[str, float], ...], share: str | None
) -> None:
    found = compute_node_share(requests, Resources(4.0, 16.0, there))
    assert found == (None if share is None else Decimal(share))


def test_payback_is_when_the_savings_have_met_the_costs_and_never_without_any() -> None:
    bill = Bill(Decimal(36), Decimal(1), Decimal(1), Decimal(3), Decimal(33))
    assert find_payback_h(bill, Decimal("2.5"), Decimal(1)) == Decimal(2)
    assert find_payback_h(bill, Decimal(1), Decimal(1)) is None
    assert find_payback_h(None, Decimal(2), Decimal(1)) is None
    assert find_payback_h(bill, None, Decimal(1)) is None
    assert find_payback_h(bill, Decimal(2), None) is None


def test_replicas_of_an_unknown_rate_have_none() -> None:
    assert price_replicas(Decimal("0.1"), 3) == Decimal("0.3")
    assert price_replicas(Decimal(0), 3) == 0
    assert price_replicas(None, 3) is None


def test_a_rate_of_just_the_most_is_beyond_belief_and_one_step_below_is_not() -> None:
    below = MAX_RATE - RATE_STEP
    steps = count_rate_steps(below, Decimal(1))
    assert steps is not None
    assert to_rate(steps) == below
    assert count_rate_steps(MAX_RATE * 2, Decimal("0.5")) is None


def test_floats_are_off_by_less_than_a_billionth_of_a_cent_in_a_plain_case() -> None:
    """Too wide a bound would have everything asked exactly: it is two times 48 roundings of what is added up."""
    assumed, one = assume_floats(DecisionSettings()), np.array([[1.0]])
    bound = bound_error(one * 0.1, one * 4, one * 10, one * 3, 0.09, 2.0, assumed)
    added_up = 0.1 * (4 * (24 + 0.1 + 0.05) + 0.1 * 10) + 5 * 0.09 * 1.5
    assert bound[0, 0] == pytest.approx(added_up * 96 / 2**53, rel=1e-12)
    assert bound[0, 0] < 1e-11
