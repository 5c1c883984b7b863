"""A move between Deployments that exist on both sides: every number counts from what ran there before."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controller.contract.dry_run import Staying
from controller.contract.settlement import Act
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.errors import HoldNeeded, JournalError
from controller.migration.protocol.insurance import Shortfall, is_due
from controller.migration.protocol.journal import decode_journal, encode_journal
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.ownership import (
    find_newer_work,
    is_as_found,
    is_newer_than_known,
    require_untouched,
    settle_sealed,
)
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.rollback import is_restored, judge_rollback, plan_rollback
from controller.migration.protocol.settlement import Scene, Sight, build_restored, judge_act
from controller.migration.protocol.states import ActionKind, Phase, plan_actions
from controller.migration.protocol.verdicts import Held, Reached, Write
from controller.migration.protocol.verification import is_same_plan
from controller.migration.protocol.waves import Soak, judge_scale_down, judge_soak, judge_surge
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record, shift
from tests.controller.refusals import refuses

SETTINGS = MigrationSettings(insure_after_s=60, bake_s=30, soak_s=100, wavering_timeout_s=30)


def at(wave: int, phase: Phase, **changes: int) -> MigrationRecord:
    known = shift(phase, **changes)
    return replace(known, state=replace(known.state, wave=wave))


def test_a_target_that_was_deployed_anew_since_the_preflight_is_asked_about_again() -> None:
    begun, source = shift(Phase.PREFLIGHT, target=5), serving(8)
    assert is_as_found(source, serving(5, uid="uid-b", template_hash="beef"), begun)
    assert not is_as_found(source, serving(5, uid="uid-b", template_hash="cafe"), begun)
    assert not is_as_found(source, serving(6, uid="uid-b", template_hash="beef"), begun)


def test_each_wave_asks_for_absolute_numbers_that_count_from_both_beginnings() -> None:
    asked = [
        [plan_actions(at(wave, phase).state)[0].replicas for wave in range(4)]
        for phase in (Phase.SURGE, Phase.VERIFY, Phase.SCALE_DOWN_SOURCE, Phase.SETTLE)
    ]
    assert asked == [[6, 8, 10, 11], [6, 8, 10, 11], [7, 5, 3, 2], [7, 5, 3, 2]]


def test_the_way_back_and_the_insurance_give_the_source_what_it_began_with() -> None:
    [restored] = [
        one for one in plan_actions(shift(Phase.ROLLBACK).state) if one.kind is ActionKind.RESTORE_SOURCE
    ]
    [insured] = plan_actions(shift(Phase.INSURED).state)
    assert (restored.replicas, insured.replicas) == (8, 8)


def test_the_ceiling_is_one_wave_above_what_both_sides_ran() -> None:
    assert judge_surge(shift(), serving(8), 7) == Reached()
    assert isinstance(judge_surge(shift(), serving(8), 8), Held)


@pytest.mark.parametrize(("in_target", "may"), [(6, True), (5, False)])
def test_the_floor_is_the_sum_of_what_both_sides_ran(in_target: int, may: bool) -> None:
    verdict = judge_scale_down(shift(), serving(8), side(6, in_target), 7, give_up_at=99, now=0)
    assert (verdict == Reached()) is may


@pytest.mark.parametrize(("in_target", "is_well"), [(11, True), (10, False)])
def test_a_soak_asks_of_the_target_what_the_source_does_not_keep(in_target: int, is_well: bool) -> None:
    known = at(3, Phase.SOAK, source=2, target=11)
    target = side(11, in_target)
    soak = Soak(0.0, 0.0).look(known, target, 10.0, SETTINGS)
    assert (soak.healthy_s == 10.0) is is_well
    over = judge_soak(known, target, replace(soak, watched_s=100.0), SETTINGS, now=40.0)
    assert (over == Reached()) is is_well


def test_a_target_keeps_its_own_pod_template() -> None:
    known = replace(shift(), target=replace(shift().target, replicas=6))
    own = serving(6, uid="uid-b", template_hash="beef")
    assert require_untouched(own, known, Side.TARGET) == own
    with pytest.raises(HoldNeeded) as held:
        require_untouched(replace(own, template_hash="cafe"), known, Side.TARGET)
    assert held.value.reason.code is Code.TEMPLATE_CHANGED
    assert require_untouched(serving(8), known, Side.SOURCE).template_hash == "cafe"


def test_a_rollback_leaves_in_the_target_what_ran_there_and_not_one_more() -> None:
    known = shift(Phase.ROLLBACK)
    assert plan_rollback(known, serving(5), serving(8)) == Write(Side.SOURCE, 7)
    assert plan_rollback(known, serving(8), serving(7)) == Write(Side.TARGET, 5)
    assert plan_rollback(known, serving(8), serving(5)) is None
    assert plan_rollback(known, serving(12), serving(7)) == Write(Side.TARGET, 5), (
        "others have raised the source"
    )
    assert not is_restored(known, serving(8), serving(6))
    assert not is_restored(known, serving(8), serving(5, current=6)), "its last pod is still ending"
    assert is_restored(known, serving(8), serving(5))


def test_a_target_without_its_own_pods_holds_up_no_way_back() -> None:
    """Whoever has taken them is not us; the source still gets all that it had."""
    known = shift(Phase.ROLLBACK)
    assert plan_rollback(known, serving(3), None) == Write(Side.SOURCE, 8)
    assert plan_rollback(known, serving(3), serving(2)) == Write(Side.SOURCE, 8)
    assert plan_rollback(known, serving(8), side(11, 0)) == Write(Side.TARGET, 5)
    assert is_restored(known, serving(8), serving(2))


def test_a_newer_template_of_a_target_that_stays_is_no_work_that_a_way_back_deletes() -> None:
    newer = serving(7, uid="uid-b", template_hash="f00d")
    assert not is_newer_than_known(newer, shift())
    assert is_newer_than_known(newer, shift(staying=Staying(2, 0)))
    assert judge_rollback(shift(), serving(8), newer, stood_still_s=0, limit_s=300) == Write(Side.TARGET, 5)


def test_the_source_is_raised_where_it_lacks_what_it_began_with() -> None:
    assert not is_due(shift(source=8), 99.0, SETTINGS)
    assert is_due(shift(source=7), 99.0, SETTINGS)


def test_replicas_that_serve_nowhere_any_more_are_a_loss_of_the_target_also_where_they_were_its_own() -> None:
    known = at(3, Phase.SOAK, source=2, target=11)
    watch = Shortfall().look(known, serving(2), side(11, 10), 0.0)
    assert watch.find_loss(known, 60.0, SETTINGS) is not None
    assert Shortfall().look(known, serving(2), serving(11), 0.0).since_s is None


def test_a_sealed_target_of_an_insurance_is_known_by_absolute_numbers() -> None:
    known = at(0, Phase.INSURED, target=6)
    assert settle_sealed(known, Side.TARGET, serving(8)).target.replicas == 8
    assert settle_sealed(known, Side.TARGET, serving(3)).target.replicas == 6


def test_what_others_ask_for_in_a_target_with_replicas_of_its_own_is_the_number_of_the_target() -> None:
    known = at(3, Phase.SOAK, source=2, target=11)
    scaled = serving(14, uid="uid-b", template_hash="beef")
    newer = find_newer_work(scaled, known)
    assert newer == NewerWork(14, "beef")
    assert find_newer_work(serving(11, uid="uid-b", template_hash="beef"), known) is None
    state = replace(known.state, newer=newer)
    assert (state.total_replicas, state.source_replicas, state.target_replicas) == (16, 11, 14)
    assert replace(known, state=state).floor_now == 16
    fewer = replace(known.state, newer=NewerWork(3, "beef"))
    assert (fewer.total_replicas, fewer.source_replicas, fewer.replicas) == (5, 2, 0)


# The journal.


def test_only_a_journal_in_which_something_stays_asks_for_a_program_that_knows_such() -> None:
    """An older one would count from 0, and take the target's own pod template for a change by others."""
    for known in (shift(Phase.SURGE), shift(Phase.SURGE, staying=Staying(0, 0))):
        assert json.loads(encode_journal(known))["version"] == 8
        assert decode_journal(encode_journal(known)) == known
    assert json.loads(encode_journal(record(Phase.SURGE)))["version"] == 2
    assert "staying" not in encode_journal(record(Phase.SURGE))


def test_an_older_journal_says_nothing_of_what_stays() -> None:
    document = json.loads(encode_journal(record(Phase.SURGE)))
    document["migration"]["dry_run"]["target_template"] = None
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=JournalCode.FIELDS_DIFFER):
        decode_journal(json.dumps(document))


@pytest.mark.parametrize("existed", [True, False])
def test_a_target_that_keeps_its_own_is_one_that_was_there(existed: bool) -> None:
    known = replace(shift(Phase.SURGE), target_existed=existed)
    if existed:
        nothing_there = replace(known.dry_run, target_template=None)
        known = replace(known, dry_run=nothing_there)
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=JournalCode.NO_TARGET_KEPT):
        decode_journal(encode_journal(known))


@pytest.mark.parametrize("staying", [Staying(2, 4), Staying(1, 5)])
def test_what_stays_is_part_of_the_plan_that_both_journals_have_to_agree_upon(staying: Staying) -> None:
    assert is_same_plan(shift(), replace(shift(), epoch=9))
    assert not is_same_plan(shift(), shift(staying=staying))


# A person's acts.


def waiting(source: int, target: int) -> Scene:
    known = shift(Phase.NEEDS_OPERATOR, source=source, target=target)
    known = replace(known, state=replace(known.state, resume_phase=Phase.SETTLE))
    there = serving(target, uid="uid-b", template_hash="beef")
    return Scene(known, Sight(serving(source), known), Sight(there, known))


def test_a_restore_says_both_numbers_and_deletes_nothing() -> None:
    changes = judge_act(waiting(5, 8), Act.RESTORE).changes
    assert changes == (
        ActCode.ACT_SCALES.because(context="paris", before=5, after=8),
        ActCode.ACT_SCALES.because(context="osaka", before=8, after=5),
    )
    assert build_restored(waiting(5, 8)).state.source_replicas == 8


def test_adopting_leaves_the_source_what_it_was_to_keep() -> None:
    changes = judge_act(waiting(3, 11), Act.ADOPT).changes
    assert ActCode.ACT_SCALES.because(context="paris", before=3, after=2) in changes
    refused = judge_act(waiting(3, 10), Act.ADOPT).reason
    assert refused is not None
    assert refused.code is ActCode.ACT_BELOW_FLOOR
    kept = judge_act(waiting(2, 10), Act.ADOPT).changes
    assert ActCode.ACT_LEAVES.because(context="paris", replicas=2, serving=2) in kept


def test_a_cancel_says_what_the_target_keeps() -> None:
    known = shift(Phase.SETTLE)
    scene = Scene(
        known, Sight(serving(7), known), Sight(serving(6, uid="uid-b", template_hash="beef"), known)
    )
    [change] = judge_act(scene, Act.CANCEL).changes
    assert change == ActCode.ACT_CANCELS_SHIFT.because(context="paris", replicas=8, target="osaka", stays=5)


def test_by_a_journal_that_nobody_has_signed_nothing_of_the_target_is_said_to_be_deleted() -> None:
    known = waiting(3, 8).known
    doubt = Code.UNCLASSIFIED.because(text="nobody has signed it")
    there = serving(8, uid="uid-b", template_hash="beef")
    claimed = Scene(known, Sight(serving(3), known, doubt=doubt), Sight(there, known, doubt=doubt))
    codes = [change.code for change in judge_act(claimed, Act.RESTORE).changes]
    assert ActCode.ACT_DELETES_LABELLED not in codes
