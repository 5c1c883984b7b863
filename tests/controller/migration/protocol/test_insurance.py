"""When the source is raised without the target, and what ends that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.insurance import (
    LOOK_S,
    Return,
    Shortfall,
    find_loss,
    find_seen_loss,
    goes_back,
    is_due,
    limit_pause_s,
)
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event, EventKind, Phase
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
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


@pytest.mark.parametrize(
    ("target", "is_lost"),
    [
        (None, True),
        (serving(0, uid="uid-b"), True),
        (serving(6, uid="uid-of-another"), True),
        (serving(6, uid="uid-b"), False),
    ],
    ids=["deleted", "scaled to 0", "replaced", "there"],
)
def test_a_target_is_seen_to_be_lost_where_the_source_lacks_replicas(
    target: DeploymentFacts | None, is_lost: bool
) -> None:
    assert (find_seen_loss(target, held(0)) is not None) is is_lost
    assert find_seen_loss(target, held(6)) is None


def test_no_pause_is_longer_than_what_is_left_of_the_patience() -> None:
    pauses_s = [limit_pause_s(900.0, held(0), silent_s, SETTINGS) for silent_s in (None, 20.0, 55.0, 70.0)]
    assert pauses_s == [LOOK_S, LOOK_S, 5, 1]
    assert limit_pause_s(900.0, held(6), 20.0, SETTINGS) == 900
    assert limit_pause_s(5.0, held(0), 20.0, SETTINGS) == 5


def come_back(*looks: tuple[float, int | None], target: DeploymentFacts | None = None) -> Event | None:
    """What follows from looks at a target that answers again, one every second: (from when on, its restarts or None
    while it is incomplete), up to the last moment that is named.
    """
    seen, event, restarts = Return(), None, None
    by_moment = dict(looks)
    for now in range(int(looks[-1][0]) + 1):
        restarts = by_moment.get(now, restarts)
        seen = seen.look(restarts, now, SETTINGS)
        event = seen.judge(held(6), target or serving(6), SETTINGS, now)
    return event


def test_a_target_is_back_after_a_whole_bake_without_a_gap() -> None:
    assert come_back((0, 0), (29, 0)) is None
    back = Code.TARGET_BACK.because(context="osaka", baked_s=30.0)
    assert come_back((0, 0), (30, 0)) == Event(EventKind.TARGET_BACK, back)
    assert come_back((0, 0), (29, None), (30, 0)) is None
    assert come_back((0, 0), (29, 1), (30, 1)) is None


def test_a_bake_in_which_nobody_watched_counts_for_nothing() -> None:
    seen = Return().look(0, 0, SETTINGS).look(0, SETTINGS.watch_gap_s + SETTINGS.bake_s, SETTINGS)
    assert seen.judge(held(6), serving(6), SETTINGS, SETTINGS.watch_gap_s + SETTINGS.bake_s) is None


def test_a_target_that_answers_and_does_not_serve_in_the_time_of_a_wave_has_failed() -> None:
    assert come_back((0, None), (300, None)) is None
    lacking = replace(serving(6), available=4)
    failed = Code.TARGET_NOT_SERVING.because(context="osaka", waited_s=300.0, available=4, replicas=6)
    assert come_back((0, None), (301, None), target=lacking) == Event(EventKind.FAILED, failed)
    why = Code.POD_STARTING.because(pod="web-1", state="Pending")
    late = Return().look(None, 0, SETTINGS)
    for now in range(1, 302):
        late = late.look(None, now, SETTINGS)
    said = late.judge(held(6), lacking, SETTINGS, 301, why)
    assert said == Event(EventKind.FAILED, Code.PODS_SAY_WHY.because(reason=failed, why=why))


def test_a_target_has_the_time_that_its_own_rollout_may_take() -> None:
    settings, seen = replace(SETTINGS, verify_timeout_s=None), Return()
    ends_s = int(settings.verify_limit_s(None)) + 1
    for now in range(ends_s + 1):
        seen = seen.look(None, now, settings)
    failed = seen.judge(held(6), serving(6), settings, ends_s)
    assert failed is not None
    assert failed.kind is EventKind.FAILED
    patient = serving(6, progress_deadline_s=ends_s + 600)
    assert seen.judge(held(6), patient, settings, ends_s) is None


@pytest.mark.parametrize("available", [5, None])
def test_a_pod_that_nobody_has_counted_covers_no_floor(available: int | None) -> None:
    """Six have to serve: what the source or the target does not say of its pods is none."""
    known = held(5)
    for source, target in (
        (side(5, available), None),
        (side(5, 5), side(1, None)),
        (side(5, None), side(6, 5)),
    ):
        assert Shortfall().look(known, source, target, 100.0) == Shortfall(100.0)


def test_too_few_that_serve_are_no_matter_of_patience_where_the_source_comes_first() -> None:
    short = Shortfall(100.0)
    assert short.find_loss(held(0), 159.9, SETTINGS) is None
    assert short.find_loss(held(0), 160.0, SETTINGS) is not None
    assert short.find_loss(held(0, source_first=True), 100.0, SETTINGS) is not None
    assert short.find_loss(held(6, source_first=True), 160.0, SETTINGS) is None


def test_what_is_known_to_be_lost_is_told_and_only_where_the_source_lacks_replicas() -> None:
    lost = Code.DEPLOYMENT_DELETED.because(context="osaka")
    assert find_loss(lost, held(0)) == Event(EventKind.TARGET_LOST, lost)
    for reason, known in ((lost, held(6)), (None, held(0)), (Code.NO_FRESH_PRICE.because(), held(0))):
        assert find_loss(reason, known) is None


def test_an_insured_migration_goes_back_only_where_it_was_going_back() -> None:
    assert not goes_back(held(0))
    known = held(0)
    assert goes_back(replace(known, state=replace(known.state, resume_phase=Phase.ROLLBACK)))


@pytest.mark.parametrize(
    ("source", "target", "is_lost"),
    [
        (serving(1), side(5, 4), True),
        (serving(1), side(5, None), True),
        (serving(1), None, True),
        (serving(1), serving(5), False),
        (side(3, 0), serving(3), False),
        (side(3, None), side(3, 2), True),
        (serving(3), side(5, 3), False),
    ],
    ids=[
        "target lacks one",
        "target unknown",
        "no target",
        "covered",
        "source lost its own",
        "both",
        "covered while more start",
    ],
)
def test_too_few_for_one_patience_are_a_loss_where_it_is_the_target_that_does_not_serve(
    source: DeploymentFacts, target: DeploymentFacts | None, is_lost: bool
) -> None:
    known = held(source.replicas)
    short = Shortfall().look(known, source, target, 100.0).look(known, source, target, 160.0)
    lost = Event(EventKind.TARGET_LOST, Code.TARGET_LOST_REPLICAS.because(context="osaka"))
    assert short.find_loss(known, 160.0, SETTINGS) == (lost if is_lost else None)
    assert short.find_loss(known, 159.0, SETTINGS) is None
    assert short.find_loss(held(6), 160.0, SETTINGS) is None
    assert short.look(known, source, serving(6), 161.0) == Shortfall()
