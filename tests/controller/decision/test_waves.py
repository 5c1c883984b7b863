"""How a move is cut into waves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decision.waves import count_pod_waves, plan_wave_sizes


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


def test_every_pod_counts_with_the_number_of_its_wave() -> None:
    assert count_pod_waves((1, 3, 2)) == 1 * 1 + 3 * 2 + 2 * 3
