"""The state at a moment is what had been recorded by then, and no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.history.events import (
    ArmingEnded,
    ClustersBack,
    ClustersLost,
    ContextArmed,
    ContextDisarmed,
    EngineStarted,
    EngineStopped,
    MoveOffered,
    OfferWithdrawn,
    PricesBack,
    PricesLost,
    Recorded,
    state_reason,
)
from controller.history.state import Unheard, find_state_at
from controller.reasons import Code
from tests.controller.history.histories import CHECKOUT, NOW, at, ended, entered, started

OFFERED = MoveOffered(CHECKOUT, "osaka", Decimal(3), Decimal(2), 24.0)
CART = WorkloadKey("paris", "shop", "cart")
STORY = at(
    EngineStarted(),
    ContextArmed("paris"),
    ContextArmed("osaka"),
    OFFERED,
    MoveOffered(CART, "osaka", None, None, 24.0),
    ClustersLost({"tokyo": state_reason("no route")}),
    PricesLost(state_reason("refused")),
    started(),
    OfferWithdrawn(CART, "osaka", state_reason("dearer")),
    ContextDisarmed("osaka"),
    ClustersBack(("tokyo",)),
    PricesBack(),
    ended(),
    EngineStopped(),
)


def test_the_state_at_a_moment_is_what_had_been_recorded_by_then() -> None:
    early = find_state_at(STORY, NOW + 6)
    assert early.armed == {"paris", "osaka"}
    assert early.offered == {CHECKOUT: "osaka", CART: "osaka"}
    assert (early.lost, early.has_prices, early.open) == ({"tokyo"}, False, ())
    middle = find_state_at(STORY, NOW + 9)
    assert (middle.armed, middle.offered) == ({"paris"}, {})
    assert [(one.move.migration_id, one.is_held) for one in middle.open] == [("m1", False)]
    assert (middle.open[0].text, middle.moved) == (f"Moving {CHECKOUT} to osaka (6 replicas)", ())
    late = find_state_at(STORY, NOW + 12)
    assert (late.lost, late.has_prices, late.open, late.armed) == (set(), True, (), {"paris"})
    assert [(move.workload, move.target) for move in late.moved] == [(CHECKOUT, "osaka")]
    assert find_state_at(STORY, NOW + 13).armed == set()


def test_before_the_first_event_nothing_is_known_to_be_armed() -> None:
    assert find_state_at(STORY, NOW - 1).armed == set()


def test_what_a_program_had_armed_is_not_known_after_the_last_that_was_heard_of_it() -> None:
    crashed = STORY[:3]
    assert find_state_at(crashed, NOW + 2).armed == {"paris", "osaka"}
    later = find_state_at(crashed, NOW + 3)
    assert (later.armed, later.unheard) == (set(), (Unheard(NOW + 2, frozenset({"paris", "osaka"})),))
    assert find_state_at(STORY, NOW + 99).unheard == (), "it said that it ended"


def test_what_was_armed_is_so_until_it_ended_by_itself() -> None:
    why = state_reason(Code.ARMING_OVER.because(contexts=("paris",)))
    ended_by_itself = at(ContextArmed("paris"), ArmingEnded("paris", why), EngineStopped())
    assert find_state_at(ended_by_itself, NOW).armed == {"paris"}
    assert find_state_at(ended_by_itself, NOW + 1).armed == set()


def test_what_one_window_disarms_another_may_still_write_to() -> None:
    both = [
        *at(ContextArmed("paris"), writer="a"),
        *at(ContextArmed("paris"), ContextDisarmed("paris"), writer="b"),
        *(Recorded(NOW + 2, writer, EngineStopped()) for writer in "ab"),
    ]
    assert find_state_at(both, NOW + 1).armed == {"paris"}
    assert find_state_at(both, NOW + 2).armed == set()


@pytest.mark.parametrize(("phase", "is_held"), [("SURGE", False), ("HOLD", True), ("NEEDS_OPERATOR", True)])
def test_a_move_that_waits_is_held_and_says_why(phase: str, is_held: bool) -> None:
    [one] = find_state_at(at(started(), entered(phase)), NOW + 1).open
    assert (one.is_held, one.text) == (is_held, f"{CHECKOUT}: It goes on")
