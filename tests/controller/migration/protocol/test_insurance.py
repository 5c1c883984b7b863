"""When the source is raised without the target, and what ends that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.insurance import Return, is_due, limit_pause_s
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import EventKind, Phase
from controller.migration.settings import MigrationSettings
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record

SETTINGS = MigrationSettings(insure_after_s=60, bake_s=30, verify_timeout_s=300, retry_s=1)


def held(source: int, *, source_first: bool = False) -> MigrationRecord:
    """A migration on HOLD with so many replicas left in the source."""
    known = record(source=source, target=6)
    state = replace(known.state, phase=Phase.HOLD, resume_phase=Phase.SOAK, source_first=source_first)
    return replace(known, state=state)


@pytest.mark.parametrize(("silent_s", "is_raised"), [(None, False), (59.9, False), (60.0, True)])
def test_a_silence_is_waited_out_for_one_patience(silent_s: float | None, is_raised: bool) -> None:
    assert is_due(held(0), silent_s, SETTINGS) is is_raised


def test_a_source_that_comes_first_waits_for_no_silent_target_but_for_one_that_answers() -> None:
    assert is_due(held(0, source_first=True), 0.0, SETTINGS)
    assert not is_due(held(0, source_first=True), None, SETTINGS)


def test_only_a_source_that_lacks_replicas_is_raised() -> None:
    assert not is_due(held(6), 3600.0, SETTINGS)
    assert is_due(held(5), 3600.0, SETTINGS)
    assert is_due(held(6).with_intent(Side.SOURCE, 3), 3600.0, SETTINGS), "the write may land yet"
    assert not is_due(held(6).with_intent(Side.TARGET, 3), 3600.0, SETTINGS)


def test_no_pause_is_longer_than_what_is_left_of_the_patience() -> None:
    assert [limit_pause_s(900.0, held(0), silent_s, SETTINGS) for silent_s in (None, 20.0, 70.0)] == [
        60,
        40,
        1,
    ]
    assert limit_pause_s(900.0, held(6), 20.0, SETTINGS) == 900
    assert limit_pause_s(5.0, held(0), 20.0, SETTINGS) == 5


def come_back(*looks: tuple[float, int | None]) -> EventKind | None:
    """What follows from looks at a target that answers again, one every second: (from when on, its restarts or None
    while it is incomplete), up to the last moment that is named.
    """
    seen, event, restarts = Return(), None, None
    by_moment = dict(looks)
    for now in range(int(looks[-1][0]) + 1):
        restarts = by_moment.get(now, restarts)
        seen = seen.look(restarts, now, SETTINGS)
        event = seen.judge(held(6), serving(6), SETTINGS, now)
    return event.kind if event is not None else None


def test_a_target_is_back_after_a_whole_bake_without_a_gap() -> None:
    assert come_back((0, 0), (29, 0)) is None
    assert come_back((0, 0), (30, 0)) is EventKind.TARGET_BACK
    assert come_back((0, 0), (29, None), (30, 0)) is None
    assert come_back((0, 0), (29, 1), (30, 1)) is None


def test_a_bake_in_which_nobody_watched_counts_for_nothing() -> None:
    seen = Return().look(0, 0, SETTINGS).look(0, SETTINGS.watch_gap_s + SETTINGS.bake_s, SETTINGS)
    assert seen.judge(held(6), serving(6), SETTINGS, SETTINGS.watch_gap_s + SETTINGS.bake_s) is None


def test_a_target_that_answers_and_does_not_serve_in_the_time_of_a_wave_has_failed() -> None:
    assert come_back((0, None), (300, None)) is None
    assert come_back((0, None), (301, None)) is EventKind.FAILED
