"""What staying has cost, as evidence."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from controller.decision.regret import MAX_GAP_S, Regret, judge_regret, start_regret, update_regret

HOUR = 3600.0
HALF = Decimal("0.5")


def stay(rates: list[Decimal | None], step_s: float = HOUR) -> Regret:
    """Look at the given rates, one step apart, and once more at the end."""
    state = start_regret(rates[0], 0.0)
    for number, rate in enumerate([*rates[1:], rates[-1]], start=1):
        state = update_regret(state, rate, number * step_s)
    return state


def test_regret_adds_up_what_staying_costs() -> None:
    assert stay([Decimal(2), Decimal(3)]).accumulated_usd == Decimal(5)


def test_dear_hours_are_paid_back_but_never_saved_up() -> None:
    assert stay([Decimal(2), Decimal(-5), Decimal(1)]).accumulated_usd == Decimal(1)


def test_an_unknown_price_is_no_evidence() -> None:
    assert stay([Decimal(2), None]).accumulated_usd == Decimal(2)


def test_a_long_gap_counts_no_longer_than_an_hour() -> None:
    state = update_regret(start_regret(Decimal(2), 0.0), Decimal(2), 100 * MAX_GAP_S)
    assert state.accumulated_usd == Decimal(2)


def test_a_clock_that_goes_back_adds_nothing() -> None:
    assert update_regret(start_regret(Decimal(2), 500.0), Decimal(2), 0.0).accumulated_usd == 0


def test_evidence_is_half_the_round_trip() -> None:
    state = stay([Decimal(2)] * 3)
    assert judge_regret(state, Decimal(12), HALF).speaks_for_move
    assert not judge_regret(state, Decimal("12.1"), HALF).speaks_for_move
    assert "$6.00" in judge_regret(state, Decimal(12), HALF).reason


def test_old_regret_does_not_speak_once_the_target_is_dearer() -> None:
    state = stay([Decimal(9), Decimal(9), Decimal("-0.1")])
    assert state.accumulated_usd > 10
    assert not judge_regret(state, Decimal(1), HALF).speaks_for_move


rates = st.none() | st.decimals(-50, 50, places=3)


@given(st.lists(rates, min_size=1, max_size=40))
def test_regret_is_the_worst_stretch_since_it_was_last_nothing(history: list[Decimal | None]) -> None:
    """Lindley's recursion equals the largest sum of a suffix."""
    gains = [rate or Decimal(0) for rate in history]
    suffixes = [sum(gains[start:], Decimal(0)) for start in range(len(gains) + 1)]
    assert stay(history).accumulated_usd == max(suffixes)
