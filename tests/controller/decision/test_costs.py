"""What a workload costs per hour, and what its move costs once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Resources
from controller.decision.costs import (
    NodeRates,
    compute_node_share,
    compute_overlap_usd,
    compute_workload_rate,
    plan_wave_sizes,
)
from tests.controller.decision.worlds import make_cluster, make_quote, make_workload

rates = st.decimals(min_value="0.0001", max_value=100, places=6)


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


def test_the_rate_is_exact_to_a_billionth() -> None:
    assert compute_workload_rate(Decimal("0.1"), Decimal(1) / 3, 1) == Decimal("0.033333333")


def test_a_workload_costs_its_share_of_the_quoted_node() -> None:
    cluster = make_cluster("tokyo", make_workload())
    rate = NodeRates(cluster.nodes, make_quote("tokyo", "0.20")).price(cluster.workloads[0])
    assert rate == Decimal("0.20")  # four pods of a quarter


def test_a_workload_without_requests_has_no_cost() -> None:
    cluster = make_cluster("tokyo")
    assert NodeRates(cluster.nodes, make_quote("tokyo", "0.20")).price(make_workload(requests=None)) is None


@pytest.mark.parametrize(
    ("replicas", "sizes"), [(0, ()), (1, (1,)), (4, (1, 1, 1, 1)), (10, (1, 3, 3, 3)), (12, (1, 3, 3, 3, 2))]
)
def test_waves_begin_with_a_canary(replicas: int, sizes: tuple[int, ...]) -> None:
    assert plan_wave_sizes(replicas, Decimal("0.25")) == sizes


@given(replicas=st.integers(1, 500), share=st.decimals("0.01", 1, places=2))
def test_waves_move_every_replica_once(replicas: int, share: Decimal) -> None:
    sizes = plan_wave_sizes(replicas, share)
    assert sum(sizes) == replicas
    assert all(size > 0 for size in sizes)
    assert sizes[0] == 1


@given(replicas=st.integers(1, 100), source=rates, target=rates)
def test_overlap_is_the_difference_to_a_move_in_no_time(
    replicas: int, source: Decimal, target: Decimal
) -> None:
    """Book every pod by the hour over a day, and compare with the formula."""
    wave_h, day = Decimal("0.1"), Decimal(24)
    waves = plan_wave_sizes(replicas, Decimal("0.25"))
    booked = Decimal(0)
    for number, size in enumerate(waves, start=1):
        in_source, in_target = number * wave_h, day - (number - 1) * wave_h
        booked += size * (source * in_source + target * in_target) / replicas
    instant = target * day
    expected = booked - instant if source > target else wave_h * target
    assert compute_overlap_usd(waves, wave_h, source, target) == pytest.approx(expected, abs=Decimal("1e-8"))
