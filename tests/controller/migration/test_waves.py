from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.migration.waves import MAX_WAVES, compute_surge, plan_waves


@pytest.mark.parametrize(
    ("replicas", "waves"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (6, (1, 3, 5, 6)), (12, (1, 4, 7, 10, 12))],
)
def test_a_canary_then_quarters(replicas: int, waves: tuple[int, ...]) -> None:
    assert plan_waves(replicas, share=0.25) == waves


@given(st.integers(1, 5000), st.floats(0.05, 1.0))
def test_waves_ascend_from_one_to_all(replicas: int, share: float) -> None:
    waves = plan_waves(replicas, share=share)
    assert waves[0] == 1
    assert waves[-1] == replicas
    assert all(before < after for before, after in pairwise(waves))
    assert len(waves) <= MAX_WAVES


@given(st.integers(1, 60), st.integers(1, 10))
def test_no_wave_is_larger_than_allowed(replicas: int, max_step: int) -> None:
    assert compute_surge(plan_waves(replicas, share=1.0, max_step=max_step)) <= max_step


@pytest.mark.parametrize(
    ("replicas", "share", "max_step"), [(0, 0.25, None), (3, 0.0, None), (3, 0.25, 0), (1000, 0.25, 1)]
)
def test_impossible_waves_are_refused(replicas: int, share: float, max_step: int | None) -> None:
    with pytest.raises(ValueError, match="waves"):
        plan_waves(replicas, share=share, max_step=max_step)
