"""What follows from the events: each projection can be made anew from them at any time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.history import events
from controller.history.projections import MoveFold, PastMove, find_state_at, fold_moves, sum_up_savings
from tests.controller.history.histories import CHECKOUT, NOW, PREDICTED, ended, entered, started


def at(*happened: events.AnyEvent, writer: str = "w") -> list[events.Recorded]:
    """One event a second."""
    return [events.Recorded(NOW + second, writer, event) for second, event in enumerate(happened)]


def test_a_move_is_told_from_its_start_to_its_end() -> None:
    [move] = fold_moves(at(started(), entered("SURGE"), ended()))
    assert move == PastMove(
        "m1",
        CHECKOUT,
        "osaka",
        NOW,
        last_seen_at=NOW + 2,
        phase="DONE",
        ended_at=NOW + 2,
        predicted_egress_usd=Decimal("0.30"),
        predicted_savings_usd_per_day=Decimal("8.64"),
        realised_cost_usd=Decimal("0.50"),
        realised_savings_usd_per_day=Decimal("7.20"),
        writer="w",
    )
    assert move.is_moved


def test_a_move_without_an_end_says_when_it_was_last_heard_of() -> None:
    [move] = fold_moves(
        at(
            started(),
            entered("SURGE"),
            events.MoveStopped("m1", CHECKOUT, "osaka", "SURGE", events.state_reason("")),
        )
    )
    assert (move.ended_at, move.last_seen_at, move.phase) == (None, NOW + 2, "SURGE")


def test_a_move_that_was_resumed_began_when_it_first_began() -> None:
    resumed = events.MoveResumed("m1", CHECKOUT, "osaka", 6, NOW - 500, PREDICTED)
    assert fold_moves(at(resumed))[0].started_at == NOW - 500
    assert fold_moves(at(started(), resumed))[0].started_at == NOW - 500


@pytest.mark.parametrize(
    ("phase", "has_changed"), [("DONE", True), ("ROLLED_BACK", True), ("REFUSED", False)]
)
def test_only_a_refused_move_has_changed_nothing(phase: str, has_changed: bool) -> None:
    [move] = fold_moves(at(started(), ended(phase)))
    assert move.has_changed_anything is has_changed
    assert move.is_moved is (phase == "DONE")


def test_moves_of_which_nothing_is_heard_for_long_are_forgotten() -> None:
    fold = MoveFold()
    for recorded in at(started("old"), started("new"), ended(migration_id="new")):
        fold.add(recorded)
    fold.forget(NOW + 2)
    assert [move.migration_id for move in fold.moves] == ["new"]


def test_savings_compare_what_was_predicted_with_what_came_and_count_what_is_unknown() -> None:
    unknown = events.MoveEnded(
        *("m2", CHECKOUT, "osaka", "DONE", "soaked", ended().detail, NOW),
        predicted=PREDICTED,
        realised=events.MoveFigures(),
        at_todays_prices=False,
        double_replica_hours=0,
    )
    savings = sum_up_savings(fold_moves(at(ended(), unknown, ended("ROLLED_BACK", "m3"))))
    assert (savings.moves, savings.unknown) == (2, 1)
    assert savings.predicted_usd_per_day == 2 * Decimal("8.64")
    assert (savings.realised_usd_per_day, savings.cost_usd) == (Decimal("7.20"), Decimal("0.50"))


OFFERED = events.MoveOffered(CHECKOUT, "osaka", Decimal(3), Decimal(2), 24.0)
CART = WorkloadKey("paris", "shop", "cart")
STORY = at(
    events.EngineStarted(),
    events.ContextArmed("paris"),
    events.ContextArmed("osaka"),
    OFFERED,
    events.MoveOffered(CART, "osaka", None, None, 24.0),
    events.ClustersLost({"tokyo": events.state_reason("no route")}),
    events.PricesLost(events.state_reason("refused")),
    started(),
    events.OfferWithdrawn(CART, "osaka", events.state_reason("dearer")),
    events.ContextDisarmed("osaka"),
    events.ClustersBack(("tokyo",)),
    events.PricesBack(),
    ended(),
    events.EngineStopped(),
)


def test_the_state_at_a_moment_is_what_had_been_recorded_by_then() -> None:
    early = find_state_at(STORY, NOW + 6)
    assert early.armed == {"paris", "osaka"}
    assert early.offered == {CHECKOUT: "osaka", CART: "osaka"}
    assert (early.lost, early.has_prices, early.moving) == ({"tokyo"}, False, ())
    middle = find_state_at(STORY, NOW + 9)
    assert (middle.armed, middle.offered) == ({"paris"}, {})
    assert [move.migration_id for move in middle.moving] == ["m1"]
    late = find_state_at(STORY, NOW + 12)
    assert (late.lost, late.has_prices, late.moving, late.armed) == (set(), True, (), {"paris"})
    assert find_state_at(STORY, NOW + 13).armed == set()


def test_before_the_first_event_nothing_is_known_to_be_armed() -> None:
    assert find_state_at(STORY, NOW - 1).armed == set()


def test_what_a_program_had_armed_is_not_known_after_the_last_that_was_heard_of_it() -> None:
    crashed = STORY[:3]
    assert find_state_at(crashed, NOW + 2).armed == {"paris", "osaka"}
    assert find_state_at(crashed, NOW + 3).armed == set()
    assert find_state_at(crashed, NOW + 3, living=frozenset({"w"})).armed == {"paris", "osaka"}


def test_what_one_window_disarms_another_may_still_write_to() -> None:
    both = [
        *at(events.ContextArmed("paris"), writer="a"),
        *at(events.ContextArmed("paris"), events.ContextDisarmed("paris"), writer="b"),
    ]
    assert find_state_at(both, NOW + 1, living=frozenset("ab")).armed == {"paris"}
