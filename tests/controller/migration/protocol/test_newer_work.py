"""Others' work on a target that serves alone is the truth: it sets the numbers, and only a person takes it away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.contract.settlement import Act
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.advice import find_advice
from controller.migration.protocol.errors import NewerWorkFound
from controller.migration.protocol.failures import to_event
from controller.migration.protocol.journal import decode_journal, encode_journal
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_newer_work, require_untouched
from controller.migration.protocol.patience import judge_call, may_go_back
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.record_checks import find_contradiction
from controller.migration.protocol.rollback import judge_move_back, judge_rollback
from controller.migration.protocol.settlement import Scene, Sight, build_restored, judge_act
from controller.migration.protocol.states import EventKind, Phase, accepts, transition
from controller.migration.protocol.verdicts import Failed, Held, Reached, Waiting, Write
from controller.migration.protocol.verification import confirm
from controller.migration.protocol.waves import Soak, judge_soak
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import BECAUSE, event, record

NEWER = NewerWork(9, "beef")
SETTINGS = MigrationSettings(bake_s=30, verify_timeout_s=300, wavering_timeout_s=60, soak_s=1800)


def alone(
    phase: Phase = Phase.SOAK, *, newer: NewerWork | None = None, resume: Phase | None = None, wave: int = 3
) -> MigrationRecord:
    """The source is at 0, and the target serves."""
    known = record(phase, source=0, target=6 if newer is None else newer.replicas)
    return replace(known, state=replace(known.state, wave=wave, resume_phase=resume, newer=newer))


def there(replicas: int = 6, **changes: Any) -> DeploymentFacts:
    """The target's Deployment that the migration knows."""
    return serving(replicas, uid="uid-b", **changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"template_hash": "beef"}, NewerWork(6, "beef")),
        ({"replicas": 9}, NewerWork(9, "cafe")),
        ({"replicas": 1}, NewerWork(1, "cafe")),
        ({"replicas": 0}, None),
        ({"template_hash": "beef", "fence": None}, NewerWork(6, "beef")),
        ({"template_hash": "beef", "fence": "m1:3:2"}, NewerWork(6, "beef")),
        ({"template_hash": "beef", "fence": "m2:3:2"}, None),
        ({"template_hash": "beef", "uid": "another"}, None),
    ],
)
def test_another_version_or_number_is_newer_work_unless_it_is_none_of_this_move(
    changes: dict[str, Any], found: NewerWork | None
) -> None:
    assert find_newer_work(replace(there(), **changes), alone()) == found


@pytest.mark.parametrize(
    ("phase", "resume", "wave", "is_truth"),
    [
        (Phase.SOAK, None, 3, True),
        (Phase.SETTLE, None, 3, True),
        (Phase.SETTLE, None, 2, False),
        (Phase.VERIFY, None, 3, False),
        (Phase.SCALE_DOWN_SOURCE, None, 3, False),
        (Phase.HOLD, Phase.SOAK, 3, True),
        (Phase.NEEDS_OPERATOR, Phase.SOAK, 3, True),
        (Phase.HOLD, Phase.ROLLBACK, 3, False),
        (Phase.INSURED, Phase.VERIFY, 3, True),
        (Phase.INSURED, Phase.VERIFY, 2, False),
        (Phase.INSURED, Phase.ROLLBACK, 3, False),
        (Phase.ROLLBACK, None, 3, False),
        (Phase.DONE, None, 3, False),
    ],
)
def test_the_target_is_the_truth_once_the_source_is_at_0_and_not_on_the_way_back(
    phase: Phase, resume: Phase | None, wave: int, is_truth: bool
) -> None:
    known = alone(phase, resume=resume, wave=wave)
    assert (find_newer_work(there(template_hash="beef"), known) is not None) is is_truth


def test_what_is_found_sets_the_desired_count_the_floor_and_the_version() -> None:
    with pytest.raises(NewerWorkFound) as found:
        require_untouched(there(9, template_hash="beef", template_manager="kubectl"), alone(), Side.TARGET)
    following = to_event(found.value, alone())
    assert found.value.reason["manager"] == "kubectl"
    known = replace(alone(), state=transition(alone().state, following)[0])
    known = known.with_replicas(Side.TARGET, 9)
    assert (known.state.phase, known.replicas, known.floor_now) == (Phase.SOAK, 9, 9)
    assert require_untouched(there(9, template_hash="beef"), known, Side.TARGET).replicas == 9
    assert known.template_of(Side.SOURCE) == "cafe"


@pytest.mark.parametrize("kind", [EventKind.FAILED, EventKind.HELD, EventKind.TARGET_LOST])
def test_nothing_but_a_person_leads_back_over_newer_work(kind: EventKind) -> None:
    state = transition(alone(newer=NEWER).state, event(kind))[0]
    assert not state.goes_back
    for following in (
        EventKind.HOLD_EXPIRED,
        EventKind.STUCK,
        EventKind.FAILED,
        EventKind.UNSTUCK,
        EventKind.TARGET_LOST,
        EventKind.TARGET_BACK,
        EventKind.FAILED,
    ):
        if accepts(state, following):
            state = transition(state, event(following))[0]
        assert not state.goes_back
    assert state.newer == NEWER


@pytest.mark.parametrize(
    ("phase", "resume"),
    [
        (Phase.SOAK, None),
        (Phase.HOLD, Phase.SOAK),
        (Phase.NEEDS_OPERATOR, Phase.SOAK),
        (Phase.INSURED, Phase.VERIFY),
    ],
)
def test_a_cancel_does_not_say_what_it_deletes_and_so_is_none(phase: Phase, resume: Phase | None) -> None:
    assert accepts(alone(phase, resume=resume).state, EventKind.CANCELLED)
    assert not accepts(alone(phase, newer=NEWER, resume=resume).state, EventKind.CANCELLED)


def test_what_fails_calls_a_person_and_goes_on_where_it_was_once_nothing_stands_in_the_way() -> None:
    state = transition(alone(newer=NEWER).state, event(EventKind.FAILED))[0]
    assert (state.phase, state.resume_phase, state.reason) == (Phase.NEEDS_OPERATOR, Phase.SOAK, BECAUSE)
    called = replace(alone(newer=NEWER), state=state)
    assert not may_go_back(called, frozenset())
    going_on = judge_call(called, has_reason=False, can_go_back=False)
    assert going_on is not None
    assert transition(state, going_on)[0].phase is Phase.SOAK
    advice = find_advice(called)
    assert advice is not None
    assert advice.code is ActCode.ADVICE_ON_NEWER_WORK


@pytest.mark.parametrize("phase", [Phase.HOLD, Phase.NEEDS_OPERATOR])
def test_a_loss_of_newer_work_has_the_source_raised_and_goes_on_when_it_is_back(phase: Phase) -> None:
    state = alone(phase, newer=NEWER, resume=Phase.SOAK).state
    insured = transition(state, event(EventKind.TARGET_LOST))[0]
    assert (insured.phase, insured.resume_phase) == (Phase.INSURED, Phase.VERIFY)


def test_a_version_that_changes_while_the_source_is_lowered_is_verified_first() -> None:
    lowering = alone(Phase.SCALE_DOWN_SOURCE, newer=NEWER).state
    changed = replace(event(EventKind.NEWER_WORK), newer=NewerWork(9, "f00d"))
    assert transition(lowering, changed)[0].phase is Phase.VERIFY


def test_a_soak_is_over_once_the_newer_version_has_served_for_a_bake() -> None:
    known = alone(newer=NewerWork(6, "beef"))
    rolling, complete = there(updated=4, current=7), there()
    soak = Soak(1790, 1790, 1795).look(known, rolling, 1800, SETTINGS)
    assert judge_soak(known, rolling, soak, SETTINGS, now=1800) == Waiting()
    soak = soak.look(known, complete, 1802, SETTINGS)
    assert judge_soak(known, complete, soak, SETTINGS, now=1802) == Waiting()
    for now in range(1804, 1831, 2):
        soak = soak.look(known, complete, now, SETTINGS)
        assert judge_soak(known, complete, soak, SETTINGS, now=now) == Waiting()
    soak = soak.look(known, complete, 1832, SETTINGS)
    assert judge_soak(known, complete, soak, SETTINGS, now=1832) == Reached()
    assert judge_soak(alone(), rolling, soak, SETTINGS, now=1832) == Reached()


def test_a_rollout_may_keep_fewer_than_the_floor_ready_for_the_time_of_a_wave() -> None:
    known, soak = alone(newer=NewerWork(6, "beef")), Soak(361, 0, 361)
    rolling = there(updated=2, available=4)
    assert judge_soak(known, rolling, soak, SETTINGS, now=300) == Waiting()
    lost = judge_soak(known, rolling, soak, SETTINGS, now=301)
    assert isinstance(lost, Failed)
    assert lost.reason.code is Code.TARGET_LOST_REPLICAS
    assert isinstance(judge_soak(known, there(available=4), soak, SETTINGS, now=61), Failed)


def test_a_rollout_that_never_ends_is_reported() -> None:
    known, rolling = alone(newer=NewerWork(6, "beef")), there(updated=2, current=7)
    assert judge_soak(known, rolling, Soak(0, 0, 2100), SETTINGS, now=0) == Waiting()
    stuck = judge_soak(known, rolling, Soak(0, 0, 2101), SETTINGS, now=0)
    assert isinstance(stuck, Failed)
    assert stuck.reason.code is Code.NEWER_WORK_NOT_SERVING


def test_a_rollback_raises_the_source_and_asks_before_it_lowers_or_deletes_what_it_has_never_seen() -> None:
    known = record(Phase.ROLLBACK, source=3, target=5)
    strange, times = there(5, template_hash="beef"), {"stood_still_s": 0.0, "limit_s": 60.0}
    raised = judge_rollback(known, serving(2), strange, **times)
    assert isinstance(raised, Write)
    assert raised.side is Side.SOURCE
    for source, target in ((serving(3), strange), (serving(6), there(0, template_hash="beef"))):
        for verdict in (
            judge_rollback(known, source, target, **times),
            judge_move_back(known, source, target),
        ):
            assert isinstance(verdict, Held)
            assert verdict.reason.code is Code.NEWER_WORK_IN_THE_WAY
    allowed = replace(known, state=replace(known.state, newer=NewerWork(6, "beef")))
    assert isinstance(judge_rollback(allowed, serving(3), strange, **times), Write)
    assert judge_move_back(allowed, serving(3), strange) == Reached()


def test_newer_work_counts_as_far_as_both_clusters_say_so() -> None:
    """It sets the floor: who may write one Lease must not lower that."""
    planned, changed = alone(Phase.ROLLBACK), alone(Phase.ROLLBACK, newer=NewerWork(1, "cafe"))
    assert confirm(changed, changed).floor_now == 1
    assert confirm(changed, planned).floor_now == 6
    assert confirm(planned, changed).floor_now == 6


def test_a_journal_holds_it_and_only_then_asks_for_a_program_that_knows_it() -> None:
    changed = alone(newer=NEWER)
    assert decode_journal(encode_journal(changed)) == changed
    assert '"version":5' in encode_journal(changed)
    assert '"version":2' in encode_journal(alone())
    assert find_contradiction(alone(newer=NewerWork(0, "beef"))) is not None


def test_a_restore_says_which_version_it_deletes_and_gives_the_source_the_number_of_today() -> None:
    known = alone(newer=NEWER)
    target = there(9, template_hash="beef", template_manager="argocd")
    looked = Scene(known, Sight(serving(0), known), Sight(target, known))
    shown = judge_act(looked, Act.RESTORE)
    assert shown.reason is None
    said = {change.code: change for change in shown.changes}
    assert said[ActCode.ACT_DELETES_NEWER_WORK]["manager"] == "argocd"
    assert str(shown.changes[0]) == "paris: goes from 0 to 9 replicas"
    restored = build_restored(looked)
    assert (restored.state.phase, restored.replicas, restored.state.newer) == (Phase.ROLLBACK, 9, NEWER)
    for scaled in (alone(newer=NewerWork(9, "cafe")), alone()):
        looked = Scene(scaled, Sight(serving(0), scaled), Sight(there(9), scaled))
        assert build_restored(looked).replicas == 9


def test_a_cancel_from_outside_is_refused_also_where_the_change_was_not_noticed_yet() -> None:
    for known, target in ((alone(newer=NEWER), side(9, 9)), (alone(), there(9))):
        looked = Scene(known, Sight(serving(0), known), Sight(target, known))
        refused = judge_act(looked, Act.CANCEL).reason
        assert refused is not None
        assert refused.code is ActCode.ACT_CANCELS_NEWER_WORK


def test_a_restore_over_a_version_from_the_middle_of_a_move_brings_all_replicas_back() -> None:
    known = record(Phase.NEEDS_OPERATOR, source=5, target=1)
    known = replace(known, state=replace(known.state, resume_phase=Phase.ROLLBACK))
    looked = Scene(known, Sight(serving(5), known), Sight(there(1, template_hash="beef"), known))
    restored = build_restored(looked)
    assert (restored.replicas, restored.state.newer) == (6, NewerWork(6, "beef"))
