"""When a service is asked: in its own time, soon for what is new, later and later while it fails."""

from __future__ import annotations

from oracle.sources.turns import NEWS_GAP_S, Turn
from tests.oracle.fakes import DUBLIN, VIRGINIA

WANTED = frozenset({VIRGINIA})
REFRESH_S = 600.0


def test_nobody_is_asked_about_nothing() -> None:
    assert not Turn().is_due(frozenset(), REFRESH_S, 0.0)
    assert Turn().is_due(WANTED, REFRESH_S, 0.0)


def test_it_is_asked_again_when_its_refresh_is_due() -> None:
    turn = Turn().begin(WANTED, 100.0).succeed()
    assert not turn.is_due(WANTED, REFRESH_S, 699.0)
    assert turn.is_due(WANTED, REFRESH_S, 700.0)


def test_what_is_newly_wanted_is_asked_for_soon_and_what_is_wanted_no_more_is_not() -> None:
    turn = Turn().begin(WANTED, 100.0).succeed()
    assert not turn.is_due(WANTED | {DUBLIN}, REFRESH_S, 100.0 + NEWS_GAP_S - 1)
    assert turn.is_due(WANTED | {DUBLIN}, REFRESH_S, 100.0 + NEWS_GAP_S)
    both = Turn().begin(WANTED | {DUBLIN}, 100.0).succeed()
    assert not both.is_due(WANTED, REFRESH_S, 200.0)


def test_failures_are_followed_by_longer_and_longer_waits_up_to_the_refresh() -> None:
    turn, waits = Turn(), []
    for _ in range(7):
        turn = turn.begin(WANTED, 0.0).fail(REFRESH_S, None, 0.0)
        waits.append(turn.not_before)
    assert waits == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    assert not turn.is_due(WANTED | {DUBLIN}, REFRESH_S, 599.0)
    assert turn.is_due(WANTED, REFRESH_S, 600.0)


def test_it_is_not_asked_before_it_wants_to_be_and_an_answer_ends_the_waiting() -> None:
    turn = Turn().begin(WANTED, 0.0).fail(REFRESH_S, 3600.0, 0.0)
    assert not turn.is_due(WANTED, REFRESH_S, 3599.0)
    assert turn.begin(WANTED, 3600.0).succeed().fail(REFRESH_S, None, 3700.0).not_before == 3730.0
