"""What follows from the events: each projection can be made anew from them at any time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from controller.history.events import (
    MoveResumed,
    MoveStopped,
    state_reason,
)
from controller.history.projections import MoveFold, PastMove, fold_moves
from tests.controller.history.histories import CHECKOUT, NOW, PREDICTED, at, ended, entered, started


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
        predicted_egress_gb=Decimal(15),
        predicted_savings_usd_per_day=Decimal("8.64"),
        realised_cost_usd=Decimal("0.50"),
        realised_savings_usd_per_day=Decimal("7.20"),
        writer="w",
    )
    assert move.is_moved


def test_a_move_without_an_end_says_when_it_was_last_heard_of() -> None:
    [move] = fold_moves(
        at(started(), entered("SURGE"), MoveStopped("m1", CHECKOUT, "osaka", "SURGE", state_reason("")))
    )
    assert (move.ended_at, move.last_seen_at, move.phase) == (None, NOW + 2, "SURGE")


def test_a_move_that_was_resumed_began_when_it_first_began() -> None:
    resumed = MoveResumed("m1", CHECKOUT, "osaka", 6, NOW - 500, PREDICTED)
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
