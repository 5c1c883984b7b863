"""A series that stays bounded and still tells the whole story."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.price_history import PriceHistory, PricePoint


def point(at: float, price: str = "0.1") -> PricePoint:
    return PricePoint(at, Decimal(price))


def fill(history: PriceHistory, count: int) -> None:
    for second in range(count):
        history.append(point(float(second)))


@given(st.integers(4, 40), st.integers(0, 300))
def test_series_is_bounded_ordered_and_keeps_both_ends(capacity: int, count: int) -> None:
    history = PriceHistory(capacity)
    fill(history, count)
    times = [one.observed_at for one in history.points]
    assert len(times) <= capacity
    assert times == sorted(set(times))
    assert times[:1] == [0.0][:count]
    assert times[-1:] == [count - 1.0][: count or 0]


def test_past_is_coarser_than_the_present() -> None:
    history = PriceHistory(64)
    fill(history, 1000)
    times = [one.observed_at for one in history.points]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[-1] == 1.0
    assert max(gaps[: len(gaps) // 4]) > 8.0


def test_points_closer_than_the_step_are_left_out() -> None:
    history = PriceHistory(step_s=10.0)
    fill(history, 25)
    assert [one.observed_at for one in history.points] == [0.0, 10.0, 20.0]


def test_points_from_a_clock_that_was_wrong_are_dropped() -> None:
    history = PriceHistory()
    history.append(point(100.0))
    history.append(point(90_000.0))
    assert history.append(point(110.0))
    assert [one.observed_at for one in history.points] == [100.0, 110.0]


def test_stored_points_join_those_seen_since() -> None:
    history = PriceHistory()
    history.append(point(30.0, "0.3"))
    history.merge([point(10.0, "0.1"), point(30.0, "9"), point(20.0, "0.2")])
    assert history.points == (point(10.0, "0.1"), point(20.0, "0.2"), point(30.0, "0.3"))


def test_merging_more_than_fits_stays_bounded() -> None:
    history = PriceHistory(16)
    history.merge(point(float(second)) for second in range(500))
    assert 8 <= len(history.points) < 16
    assert history.points[-1].observed_at == 499.0


@pytest.mark.parametrize(
    ("since", "trend"),
    [(0.0, None), (10.0, 0.5), (15.0, 0.5), (20.0, 0.2), (30.0, 0.0), (99.0, 0.0)],
)
def test_trend_compares_the_price_in_force_then_with_the_newest(since: float, trend: float | None) -> None:
    history = PriceHistory()
    history.merge([point(10.0, "0.10"), point(20.0, "0.125"), point(30.0, "0.15")])
    assert history.compute_trend(since) == (None if trend is None else pytest.approx(trend))


def test_tiny_series_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        PriceHistory(3)
