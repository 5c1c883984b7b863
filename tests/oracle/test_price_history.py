"""A series that stays bounded and still tells the whole story."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.price_history import PriceHistory, PricePoint
from oracle.quotes import Origin, PriceMode


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
    history.append(point(80_000.0))
    assert history.append(point(110.0))
    assert [one.observed_at for one in history.points] == [100.0, 110.0]


def test_stored_points_join_those_seen_since() -> None:
    history = PriceHistory()
    history.append(point(30.0, "0.3"))
    history.merge([point(10.0, "0.1"), point(30.0, "9"), point(20.0, "0.2")])
    assert tuple(history.points) == (point(10.0, "0.1"), point(20.0, "0.2"), point(30.0, "0.3"))


def test_merging_more_than_fits_stays_bounded() -> None:
    history = PriceHistory(16)
    history.merge(point(float(second)) for second in range(500))
    assert 8 <= len(history.points) < 16
    assert history.points[-1].observed_at == 499.0


LIVE, PLAYED = Origin("prices.csv", PriceMode.LIVE), Origin("prices.csv", PriceMode.RECORDED)


def said(origin: Origin, *times: float) -> list[PricePoint]:
    return [PricePoint(at, Decimal("0.1"), origin) for at in times]


def test_what_another_origin_says_begins_anew() -> None:
    history = PriceHistory()
    for one in (*said(LIVE, 10.0, 20.0), *said(PLAYED, 30.0)):
        history.append(one)
    assert tuple(history.points) == tuple(said(PLAYED, 30.0))


def test_only_points_of_the_same_origin_are_merged() -> None:
    history = PriceHistory()
    history.append(*said(LIVE, 30.0))
    history.merge([*said(LIVE, 10.0), *said(PLAYED, 20.0, 40.0)])
    assert tuple(history.points) == tuple(said(LIVE, 10.0, 30.0))


def test_an_empty_series_takes_the_points_of_whom_was_heard_last() -> None:
    history = PriceHistory()
    history.merge([*said(LIVE, 10.0, 30.0), *said(PLAYED, 20.0)])
    assert tuple(history.points) == tuple(said(LIVE, 10.0, 30.0))


def test_merged_points_within_the_step_of_known_ones_are_left_out() -> None:
    history = PriceHistory(step_s=10.0)
    history.append(point(100.0))
    history.merge(point(at) for at in (80.0, 91.0, 99.5, 100.0, 109.0, 111.0))
    assert [one.observed_at for one in history.points] == [80.0, 100.0, 111.0]


def test_a_series_reaches_back_a_day_and_no_further() -> None:
    history = PriceHistory()
    history.merge(point(hour * 3600.0) for hour in range(100))
    assert history.points[0].observed_at == 75 * 3600.0
    history.append(point(100 * 3600.0))
    assert history.points[0].observed_at == 76 * 3600.0


def test_points_are_the_same_object_until_they_change() -> None:
    history = PriceHistory(step_s=10.0)
    history.append(point(100.0))
    before = history.points
    history.append(point(105.0))
    history.merge([point(101.0)])
    assert history.points is before


def test_points_come_back_as_they_were_said() -> None:
    history = PriceHistory()
    said_prices = ["0.000100000001", "0.1613", "12.3456789", "999.999999999999"]
    for at, price in enumerate(said_prices):
        history.append(point(float(at), price))
    assert [str(one.usd_per_hour) for one in history.points] == said_prices
    assert list(history.points[1:3]) == [point(1.0, "0.1613"), point(2.0, "12.3456789")]


def test_a_whole_day_takes_eight_kibibytes_at_most() -> None:
    history = PriceHistory()
    for minute in range(5 * 1440):
        history.append(point(60.0 * minute))
    points = history.points
    assert points[-1].observed_at - points[0].observed_at >= 80_000.0
    assert getsizeof(history) + sum(map(getsizeof, (points, points.times, points.prices))) <= 8192


def test_tiny_series_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        PriceHistory(3)
