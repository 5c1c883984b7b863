from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.model.chart_scale import fit_scale, split_at_gaps

HISTORIES = st.lists(st.floats(0.001, 100.0), min_size=1, max_size=30).map(lambda p: list(enumerate(p)))


@given(HISTORIES)
def test_the_line_fits_and_a_few_round_prices_lie_on_the_scale(history: list[tuple[float, float]]) -> None:
    scale = fit_scale(history)
    assert all(-1e-9 <= scale.share(price) <= 1.0 + 1e-9 for _, price in history)
    assert 1 <= len(scale.ticks) <= 4
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)


def at(*times: float) -> tuple[tuple[float, float], ...]:
    return tuple((time, 0.05) for time in times)


def test_the_line_breaks_where_the_program_was_closed() -> None:
    before, after = at(0.0, 10.0, 20.0, 30.0), at(7200.0, 7210.0, 7221.0, 7230.0)
    assert split_at_gaps(before + after) == (before, after)


def test_a_missed_price_and_older_coarser_times_break_nothing() -> None:
    history = at(
        0.0, 80.0, 160.0, 200.0, 240.0, 280.0, 300.0, 320.0, 340.0, 360.0, 370.0, 380.0, 410.0, 420.0
    )
    assert split_at_gaps(history) == (history,)


def test_the_quarters_of_an_hour_that_are_remembered_join_the_minutes_since() -> None:
    remembered = [900.0 * number for number in range(90)]
    minutes = [remembered[-1] + 900.0 + 60.0 * number for number in range(1, 60)]
    history = at(*remembered, *minutes)
    assert split_at_gaps(history) == (history,)
    night = at(*remembered[:30], *remembered[70:], *minutes)
    assert [len(piece) for piece in split_at_gaps(night)] == [30, 79]
    short = at(*remembered[:2], *(60_000.0 + 60.0 * number for number in range(300)))
    assert [piece[0][0] for piece in split_at_gaps(short)] == [0.0, 60_000.0]


def test_two_points_say_nothing_of_what_is_usual() -> None:
    assert split_at_gaps(at(0.0, 5000.0)) == (at(0.0, 5000.0),)


@given(HISTORIES)
def test_no_sample_is_lost_at_a_gap(history: list[tuple[float, float]]) -> None:
    assert [sample for piece in split_at_gaps(history) for sample in piece] == history


def test_a_flat_line_runs_through_the_middle() -> None:
    scale = fit_scale([(0.0, 0.05), (60.0, 0.05)])
    assert abs(scale.share(0.05) - 0.5) < 1e-6
