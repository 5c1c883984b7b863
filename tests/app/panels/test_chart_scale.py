from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.panels.chart_scale import fit_scale

HISTORIES = st.lists(st.floats(0.001, 100.0), min_size=1, max_size=30).map(lambda p: list(enumerate(p)))


@given(HISTORIES)
def test_the_line_fits_and_a_few_round_prices_lie_on_the_scale(history: list[tuple[float, float]]) -> None:
    scale = fit_scale(history)
    assert all(-1e-9 <= scale.share(price) <= 1.0 + 1e-9 for _, price in history)
    assert 1 <= len(scale.ticks) <= 4
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)


def test_a_flat_line_runs_through_the_middle() -> None:
    scale = fit_scale([(0.0, 0.05), (60.0, 0.05)])
    assert abs(scale.share(0.05) - 0.5) < 1e-6
