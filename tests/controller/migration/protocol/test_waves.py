"""What fresh facts allow in a wave, and when a wait is over, has failed, or goes on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.record import Meter, MigrationRecord
from controller.migration.protocol.verdicts import Failed, Held, Reached, Waiting
from controller.migration.protocol.waves import (
    Bake,
    Settling,
    Soak,
    as_pods_say,
    count_restarts,
    find_bake_s,
    is_complete,
    is_repair,
    judge_begin,
    judge_outage,
    judge_scale_down,
    judge_settling,
    judge_soak,
    judge_surge,
    judge_verification,
)
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record, shift

SETTINGS = MigrationSettings(
    bake_s=30, verify_timeout_s=300, wavering_timeout_s=60, settle_margin_s=10, soak_s=1800
)
RUNS, ENDS = PodFacts(False, 0, is_ready=True), PodFacts(True, 0, is_ready=True)
STARTS = PodFacts(False, 0)


def code_of(verdict: object) -> ReasonCode:
    assert isinstance(verdict, Held | Failed)
    return verdict.reason.code


def test_a_wave_begins_with_an_open_gate_and_in_time() -> None:
    closed = Code.NO_FRESH_PRICE.because()
    assert judge_begin(record(), None, SETTINGS) == Reached()
    assert judge_begin(record(), closed, SETTINGS) == Held(closed)
    late = replace(record(), meter=Meter(elapsed_s=SETTINGS.migration_timeout_s + 1))
    assert code_of(judge_begin(late, closed, SETTINGS)) is Code.MIGRATION_TOO_LONG


def test_the_target_is_raised_up_to_the_ceiling_beside_a_known_source() -> None:
    assert judge_surge(record(), serving(6), 2) == Reached()
    assert code_of(judge_surge(record(), serving(6), 3)) is Code.TOO_MANY_REPLICAS
    assert code_of(judge_surge(record(), None, 1)) is Code.TOO_MANY_REPLICAS


def test_no_pods_are_no_proof_of_health() -> None:
    assert count_restarts((), 1) is None
    assert count_restarts((RUNS, ENDS), 2) is None
    assert count_restarts((RUNS, replace(RUNS, restarts=3), ENDS), 2) == 3


def test_a_target_is_complete_when_spec_status_and_availability_agree() -> None:
    assert is_complete(serving(3), 3)
    assert not is_complete(serving(3), 4)
    assert not is_complete(serving(3, available=2), 3)
    assert not is_complete(serving(3, available=None), 3)
    assert not is_complete(serving(3, updated=2), 3)


def look_at_bake(bake: Bake, *looks: tuple[int | None, float]) -> Bake:
    for restarts, now in looks:
        bake = bake.look(restarts, now, SETTINGS)
    return bake


def test_the_bake_begins_anew_with_a_restart_and_with_a_gap() -> None:
    baking = look_at_bake(Bake(), (0, 10), (0, 20))
    assert baking.baked_s(20) == 10
    assert look_at_bake(baking, (1, 30)).baked_s(30) == 0
    assert look_at_bake(baking, (None, 30)).baked_s(30) is None
    assert look_at_bake(baking, (None, 30), (0, 40)).baked_s(40) == 0


def test_what_nobody_watched_is_not_baked() -> None:
    """The target may have been gone while the machine slept."""
    baking = look_at_bake(Bake(), (0, 10), (0, 20))
    longest = look_at_bake(baking, (0, 20 + SETTINGS.watch_gap_s))
    assert longest.baked_s(20 + SETTINGS.watch_gap_s) == 10 + SETTINGS.watch_gap_s
    woken = look_at_bake(baking, (0, 3620))
    assert woken.baked_s(3620) == 0
    assert look_at_bake(woken, (0, 3630)).baked_s(3630) == 10


def test_a_sleep_is_no_time_in_which_the_target_could_have_begun_to_serve() -> None:
    """A wave whose machine slept an hour has its time still, and one that is always looked at late has an end."""
    woken = look_at_bake(Bake(), (None, 0), (None, 3600))
    assert judge_verification(record(), serving(3), 3, woken, SETTINGS, now=3600) == Waiting()
    late = look_at_bake(Bake(), *((None, 100.0 * look) for look in range(19)))
    assert late.waited_s == 18 * SETTINGS.watch_gap_s
    assert (
        code_of(judge_verification(record(), serving(3), 3, late, SETTINGS, now=1800))
        is Code.TARGET_NOT_SERVING
    )


@pytest.mark.parametrize(
    ("bake", "now", "expected"),
    [
        (Bake(100), 129, Waiting()),
        (Bake(100), 130, Reached()),
        (Bake(None), 300, Waiting()),
        (Bake(290), 320, Reached()),
    ],
    ids=["not baked", "baked", "not yet late", "baked at the last moment"],
)
def test_a_target_is_verified_after_its_bake(bake: Bake, now: float, expected: object) -> None:
    verdict = judge_verification(record(), serving(3), 3, bake, SETTINGS, now=now)
    assert verdict == expected


def in_wave(wave: int, source: int) -> MigrationRecord:
    """Its target is verified in this wave, beside a source that is asked for so many."""
    known = record(source=source, target=(1, 3, 5, 6)[wave])
    return replace(known, state=replace(known.state, wave=wave))


def test_the_waves_between_the_first_and_the_last_bake_shorter() -> None:
    waves = [in_wave(wave, source) for wave, source in enumerate((6, 5, 3, 1))]
    assert [find_bake_s(known, SETTINGS) for known in waves] == [30, 10, 10, 30]
    assert find_bake_s(waves[1], replace(SETTINGS, bake_between_s=4)) == 4
    assert find_bake_s(waves[1], replace(SETTINGS, bake_s=1.5)) == 1, "no pod is taken at its first word"
    assert judge_verification(waves[1], serving(3), 3, Bake(100), SETTINGS, now=109) == Waiting()
    assert judge_verification(waves[1], serving(3), 3, Bake(100), SETTINGS, now=110) == Reached()
    single = replace(record(), state=replace(record().state, waves=(1,)))
    assert find_bake_s(single, SETTINGS) == 30, "the first wave may be the last"


def test_what_the_first_wave_did_not_show_bakes_in_full() -> None:
    """Pods of another template, and a target that was lost since: its source was raised again, or is lower already."""
    known = in_wave(1, 5)
    newer = replace(known, state=replace(known.state, newer=NewerWork(6, "beef")))
    assert [find_bake_s(one, SETTINGS) for one in (newer, in_wave(1, 6), in_wave(1, 3))] == [30] * 3


def test_the_waves_of_a_shift_bake_as_those_of_a_move() -> None:
    known = shift(source=7)
    known = replace(known, state=replace(known.state, wave=1))
    assert find_bake_s(known, SETTINGS) == 10


def test_a_target_that_does_not_serve_in_time_has_failed_and_unknown_is_said_as_such() -> None:
    target = side(3, None)
    failed = judge_verification(record(), target, 3, Bake(waited_s=301), SETTINGS, now=301)
    assert code_of(failed) is Code.TARGET_NOT_SERVING
    assert isinstance(failed, Failed)
    assert (failed.reason["available"], failed.reason["replicas"]) == (None, 3)


def test_a_wave_that_brings_back_what_the_source_lost_needs_no_price_and_no_time_but_permission() -> None:
    late = replace(record(), meter=Meter(elapsed_s=SETTINGS.migration_timeout_s + 1))
    for closed in (
        None,
        Code.NO_FRESH_PRICE.because(),
        Code.NOTHING_LEFT_TO_SAVE.because(replicas=3, worth_usd=None),
    ):
        assert judge_begin(late, closed, SETTINGS, repairs=True) == Reached()
    not_armed = Code.NOT_ARMED.because(contexts=("osaka",))
    assert judge_begin(record(), not_armed, SETTINGS, repairs=True) == Held(not_armed)


@pytest.mark.parametrize(
    ("source", "target", "repairs"),
    [
        (side(3, 0), side(3, 3), True),
        (side(3, 2), side(3, 3), True),
        (side(3, 3), side(3, 3), False),
        (side(3, 0), side(3, 2), False),
        (side(3, 3), side(3, 2), False),
        (side(6, 0), side(6, 6), False),
        (side(4, 2), side(3, 3), True),
        (side(2, 2), side(3, 3), False),
        (side(3, None), side(3, 3), False),
        (side(3, 0), side(3, None), False),
        (side(3, 0), None, False),
        (None, side(3, 3), False),
    ],
)
def test_what_is_brought_back_is_what_a_healthy_target_has_to_serve_in_the_place_of_the_source(
    source: DeploymentFacts | None, target: DeploymentFacts | None, repairs: bool
) -> None:
    assert is_repair(record(), source, target) is repairs


def test_the_source_is_lowered_as_soon_as_nobody_misses_its_replicas() -> None:
    def judge(target_available: int | None, now: float = 0) -> object:
        target = side(1, target_available)
        return judge_scale_down(record(), serving(6), target, 5, give_up_at=60, now=now)

    assert judge(1) == Reached()
    assert judge(1, now=61) == Reached()
    assert judge(0) == judge(None) == judge(0, now=60) == Waiting()
    assert code_of(judge(0, now=61)) is Code.FLOOR_NOT_COVERED
    assert judge_scale_down(record(), serving(6), None, 5, give_up_at=60, now=0) == Waiting()


def test_an_outage_is_what_serves_nowhere_not_what_is_unknown() -> None:
    assert code_of(judge_outage(record(), side(3, 0), side(3, 0))) is Code.NOTHING_SERVES
    assert judge_outage(record(), side(3, 0), side(3, 1)) == Reached()
    assert judge_outage(record(), side(3, None), side(3, 0)) == Reached()


def test_the_source_has_settled_when_its_last_pods_are_gone_or_their_grace_is_over() -> None:
    source = serving(5)
    settling = Settling(0).look(source, 5, 100).look(source, 5, 110)
    assert settling.lowered_s == 100

    def judge(pods: tuple[PodFacts, ...], now: float) -> object:
        return judge_settling(record(), source, pods, 5, settling, SETTINGS, now=now)

    stays = (RUNS,) * 5
    assert judge(stays, 110) == Reached()
    assert judge((*stays, ENDS), 140) == Waiting()
    assert judge((*stays, ENDS), 141) == Reached()


def test_an_empty_list_of_pods_settles_only_a_source_of_which_nothing_stays() -> None:
    """A list without those that stay is no list of all pods: it does not show that the others are gone."""
    lowered = Settling(0).look(serving(5), 5, 110)
    for pods in ((), (RUNS,) * 4):
        assert judge_settling(record(), serving(5), pods, 5, lowered, SETTINGS, now=110) == Waiting()
    gone = Settling(0).look(serving(0), 0, 110)
    assert judge_settling(record(), serving(0), (), 0, gone, SETTINGS, now=110) == Reached()


def test_pods_that_are_not_known_are_not_gone() -> None:
    source = serving(5)
    settling = Settling(0).look(source, 5, 110)
    assert judge_settling(record(), source, None, 5, settling, SETTINGS, now=110) == Waiting()
    assert count_restarts(None, 0) is None


def test_a_source_that_does_not_scale_down_in_time_has_failed() -> None:
    source = serving(6)
    settling = Settling(0).look(source, 5, 100)
    assert judge_settling(record(), source, (), 5, settling, SETTINGS, now=300) == Waiting()
    late = judge_settling(record(), source, (), 5, settling, SETTINGS, now=301)
    assert code_of(late) is Code.SOURCE_NOT_SCALED_DOWN


def test_the_soak_ends_with_a_target_that_serves_at_its_end() -> None:
    soak = Soak(1780, 0, 1779).look(record(), serving(6), 1790, SETTINGS)
    assert judge_soak(record(), serving(6), soak, SETTINGS, now=1790) == Waiting()
    soak = Soak(1780, 0, 1790).look(record(), serving(6), 1790, SETTINGS)
    assert judge_soak(record(), serving(6), soak, SETTINGS, now=1800) == Reached()
    assert judge_soak(record(), side(6, 5), soak, SETTINGS, now=1800) == Waiting()
    assert judge_soak(record(), side(6, None), soak, SETTINGS, now=1850) == Waiting()
    assert code_of(judge_soak(record(), side(6, 5), soak, SETTINGS, now=1851)) is Code.TARGET_LOST_REPLICAS


def test_the_soak_that_failed_says_which_target_lost_replicas_and_why() -> None:
    soak = Soak(0, 0)
    lost = judge_soak(record(), side(6, 5), soak, SETTINGS, now=61)
    assert lost == Failed(Code.TARGET_LOST_REPLICAS.because(context="osaka"))
    assert soak.left_s(SETTINGS) == 1800
    assert replace(soak, watched_s=1799).left_s(SETTINGS) == 1
    assert replace(soak, watched_s=1800).left_s(SETTINGS) == math.inf


def test_a_wave_that_failed_says_what_its_pods_say() -> None:
    why = Code.UNCLASSIFIED.because(text="no image")
    bake = Bake(waited_s=301)
    failed = judge_verification(record(), side(3, 0), 3, bake, SETTINGS, now=301, why=why)
    assert code_of(failed) is Code.PODS_SAY_WHY
    assert isinstance(failed, Failed)
    assert failed.reason["why"] == why


def test_a_bake_says_how_much_of_it_is_left() -> None:
    assert Bake(100).left_s(110, 30) == 20
    assert Bake().left_s(110, 30) == math.inf


def test_a_machine_that_is_bought_gives_a_wave_more_time() -> None:
    def judge(waited_s: float) -> object:
        bake = Bake(waited_s=waited_s)
        return judge_verification(record(), side(3, 0), 3, bake, SETTINGS, now=0, purchase_s=120)

    assert judge(420) == Waiting()
    assert judge(421) == Failed(
        Code.TARGET_NOT_SERVING.because(context="osaka", waited_s=420, available=0, replicas=3)
    )


def test_the_soak_counts_what_was_watched() -> None:
    soak = Soak(0, 0).look(record(), serving(6), 10, SETTINGS).look(record(), serving(6), 3610, SETTINGS)
    assert soak.watched_s == 10
    assert (
        soak.look(record(), serving(6), 3610 + SETTINGS.watch_gap_s, SETTINGS).watched_s
        == 10 + SETTINGS.watch_gap_s
    )
    assert soak.look(record(), side(6, 5), 3620, SETTINGS).watched_s == 20


@pytest.mark.parametrize(
    ("available", "pods", "serving_by_pods"),
    [
        (3, (RUNS, RUNS, RUNS), 3),
        (3, (RUNS, STARTS, ENDS), 1),
        (3, (), 0),
        (2, (RUNS, RUNS, RUNS), 2),
        (3, None, None),
        (None, (RUNS,), None),
    ],
)
def test_no_more_replicas_serve_than_pods_that_are_ready_and_stay(
    available: int | None, pods: tuple[PodFacts, ...] | None, serving_by_pods: int | None
) -> None:
    assert as_pods_say(side(3, available), pods).available == serving_by_pods


def test_a_soak_counts_pods_once_in_a_bake_at_its_end_and_while_they_are_too_few() -> None:
    watch = Soak(0, 0)
    assert watch.asks_pods(SETTINGS, 0)
    counted = watch.look(record(), side(6, 6), 0, SETTINGS)
    assert [counted.asks_pods(SETTINGS, now) for now in (29, 30, 1800)] == [False, True, True]
    by_status = counted.look(record(), side(6, 6), 29, SETTINGS, has_counted=False)
    assert by_status.asks_pods(SETTINGS, 30)
    assert counted.look(record(), side(6, 5), 2, SETTINGS).asks_pods(SETTINGS, 3)
    just_counted = replace(counted, counted_s=1799, looked_s=1799, watched_s=1799)
    assert just_counted.asks_pods(SETTINGS, 1800)
    assert not replace(just_counted, watched_s=1700).asks_pods(SETTINGS, 1800)
    assert replace(just_counted, watched_s=1700).asks_pods(SETTINGS, 1829), "a bake has passed"


def test_a_wait_counts_while_the_target_serves_too() -> None:
    assert look_at_bake(Bake(), (0, 0), (0, 10), (None, 20)).waited_s == 20


def test_a_look_at_too_few_replicas_is_a_look() -> None:
    soak = Soak(0, 0, counted_s=0).look(record(), side(6, 5), 10, SETTINGS)
    assert soak == Soak(looked_s=10, healthy_s=0, watched_s=10)


def test_newer_work_has_the_time_that_its_own_progress_deadline_gives_it() -> None:
    known = record()
    known = replace(known, state=replace(known.state, newer=NewerWork(6, "beef")))
    unlimited = replace(SETTINGS, verify_timeout_s=None)
    target = serving(6, updated=5, progress_deadline_s=900)

    def judge(watched_s: float) -> object:
        return judge_soak(known, target, Soak(watched_s, watched_s, watched_s), unlimited, now=watched_s)

    assert judge(1800 + 900) == Waiting()
    stuck = Code.NEWER_WORK_NOT_SERVING.because(context="osaka", replicas=6)
    assert judge(1800 + 901) == Failed(stuck)


def test_a_wave_that_repairs_takes_a_closed_gate_for_what_it_is_about() -> None:
    """That the target gives no answer is no matter of prices."""
    silent = Code.TARGET_SILENT.because(context="osaka", silent_s=60)
    assert judge_begin(record(), silent, SETTINGS, repairs=True) == Held(silent)
