"""How a move is cut into waves."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decision.settings import DecisionSettings
from controller.decision.waves import count_pod_waves, plan_wave_sizes

SHARES = st.decimals("0.01", 1, places=2)


@pytest.mark.parametrize(
    ("replicas", "sizes"),
    [
        (0, ()),
        (1, (1,)),
        (2, (1, 1)),
        (4, (1, 3)),
        (6, (1, 5)),
        (7, (1, 3, 3)),
        (8, (1, 4, 3)),
        (12, (1, 4, 4, 3)),
        (50, (1, 13, 12, 12, 12)),
        (200, (1, 50, 50, 50, 49)),
    ],
)
def test_waves_begin_with_a_canary_and_few_replicas_move_in_few(
    replicas: int, sizes: tuple[int, ...]
) -> None:
    settings = DecisionSettings()
    assert plan_wave_sizes(replicas, settings.wave_share, settings.wave_replicas) == sizes


def test_with_single_replicas_the_share_alone_decides() -> None:
    assert plan_wave_sizes(4, Decimal("0.25"), 1) == (1, 1, 1, 1)
    assert plan_wave_sizes(12, Decimal("0.25"), 1) == (1, 3, 3, 3, 2)


@given(replicas=st.integers(1, 500), share=SHARES, least=st.integers(1, 600))
def test_waves_move_every_replica_once(replicas: int, share: Decimal, least: int) -> None:
    sizes = plan_wave_sizes(replicas, share, least)
    assert sum(sizes) == replicas
    assert all(size > 0 for size in sizes)
    assert sizes[0] == 1


@given(replicas=st.integers(2, 500), share=SHARES, least=st.integers(1, 600))
def test_no_wave_is_larger_than_its_share_or_smaller_than_has_to_be(
    replicas: int, share: Decimal, least: int
) -> None:
    """One wave too small would do for two that are just large enough: then they are one."""
    _, *sizes = plan_wave_sizes(replicas, share, least)
    assert max(sizes) <= max(math.ceil(share * replicas), 2 * least - 1)
    assert min(sizes) >= min(least, replicas - 1)
    assert max(sizes) - min(sizes) <= 1


def test_every_pod_counts_with_the_number_of_its_wave() -> None:
    assert count_pod_waves((1, 3, 2)) == 1 * 1 + 3 * 2 + 2 * 3
