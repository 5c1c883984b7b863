"""Who takes a migration over goes on only from what both journals confirm, under an epoch that is new to both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.fences import MAX_LEAD
from controller.migration.protocol.leadership import (
    Close,
    Doubted,
    Lead,
    Over,
    choose_epoch,
    find_end,
    judge_journals,
    judge_source_alone,
    refuse_start,
    show_followed,
)
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side, StepRecord, StepStatus
from controller.migration.protocol.states import HoldReason, Phase
from controller.reasons import Code
from tests.controller.migration.facts import serving
from tests.controller.migration.records import BECAUSE, record


def in_phase(phase: Phase, **changes: object) -> MigrationRecord:
    known = record()
    return replace(known, state=replace(known.state, phase=phase, **changes))  # type: ignore[arg-type]


def found(source: str | None = "m1:4:17", target: str | None = None) -> dict[Side, DeploymentFacts | None]:
    """Both Deployments with these fences, those of the records."""
    return {Side.SOURCE: serving(6, fence=source), Side.TARGET: serving(1, uid="uid-b", fence=target)}


@pytest.mark.parametrize(
    ("leased", "fences", "epoch"),
    [
        (3, (None, None), 3),
        (3, ("m1:2:9", "m1:3:1"), 4),
        (5, ("m1:4:9", None), 5),
        (3, ("m1:3:9", f"m1:{MAX_LEAD + 4}:1"), 4),
        (3, ("not a fence", None), 3),
    ],
)
def test_the_epoch_is_above_all_that_either_cluster_has_seen(
    leased: int, fences: tuple[str | None, ...], epoch: int
) -> None:
    assert choose_epoch(leased, fences) == epoch


def test_a_confirmed_journal_is_gone_on_with_under_the_new_epoch() -> None:
    takeover = judge_journals(record(), record(), record(), 9, found())
    assert takeover == Lead(replace(record(), epoch=9))


def test_a_hold_is_judged_anew_by_trying_again_where_it_came_from() -> None:
    held = in_phase(Phase.HOLD, hold=HoldReason.AUTH, resume_phase=Phase.VERIFY, reason=BECAUSE)
    takeover = judge_journals(held, held, held, 9, found())
    assert isinstance(takeover, Lead)
    state = takeover.record.state
    assert (state.phase, state.hold, state.resume_phase) == (Phase.VERIFY, None, None)
    waiting = in_phase(Phase.NEEDS_OPERATOR, resume_phase=Phase.VERIFY)
    takeover = judge_journals(waiting, waiting, waiting, 9, found())
    assert isinstance(takeover, Lead)
    assert takeover.record.state.phase is Phase.NEEDS_OPERATOR


def test_what_is_over_is_only_remembered() -> None:
    done = in_phase(Phase.DONE)
    assert judge_journals(done, None, record(), 9, found()) == Over(done)


def test_what_the_target_never_heard_of_is_closed_while_nothing_was_written() -> None:
    locked = in_phase(Phase.LOCKED)
    for mirror in (None, replace(record(), migration_id="another")):
        takeover = judge_journals(locked, mirror, locked, 9, found())
        assert isinstance(takeover, Close)
        assert takeover.record.state.phase is Phase.ROLLED_BACK
    assert isinstance(judge_journals(locked, locked, locked, 9, found()), Lead)
    assert isinstance(judge_journals(record(), None, record(), 9, found()), Doubted)


@pytest.mark.parametrize("fence", [None, "m0:4:17"])
def test_a_move_that_fenced_nothing_yet_is_closed_and_not_begun_by_its_journal(fence: str | None) -> None:
    """Somebody may have put back the first journal of a move that is long over."""
    locked = in_phase(Phase.LOCKED)
    takeover = judge_journals(locked, locked, locked, 9, found(fence))
    assert isinstance(takeover, Close)
    assert takeover.record.state.phase is Phase.ROLLED_BACK


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("m1:4:18-seal", None, Code.JOURNAL_OUTDATED),
        ("m1:5:1", None, Code.JOURNAL_OUTDATED),
        ("m1:4:17", "m1:4:18", Code.JOURNAL_OUTDATED),
        (None, "m1:4:17", Code.JOURNAL_UNFENCED),
        ("m0:9:99", None, Code.JOURNAL_UNFENCED),
        ("m1:4:17-seal", "m0:9:99", None),
        ("m1:3:99", "m1:4:17", None),
    ],
)
def test_an_earlier_journal_that_was_put_back_moves_nothing(
    source: str | None, target: str | None, code: Code | None
) -> None:
    """We have signed it ourselves: only the fences tell that there were later ones."""
    takeover = judge_journals(record(), record(), record(), 9, found(source, target))
    assert isinstance(takeover, Lead if code is None else Doubted)
    if code is not None:
        assert takeover.record.state.reason is not None
        assert takeover.record.state.reason.code is code


def test_without_its_source_a_move_is_led_as_before() -> None:
    """Nothing is written while the source is gone, and a person is told why."""
    for source in (None, serving(6, uid="another", fence=None)):
        known = {**found(), Side.SOURCE: source}
        assert isinstance(judge_journals(record(), record(), record(), 9, known), Lead)


@pytest.mark.parametrize(
    ("phase", "status", "end"),
    [
        (Phase.SOAK, StepStatus.CLEANED_UP, Phase.DONE),
        (Phase.ROLLBACK, StepStatus.UNDONE, Phase.ROLLED_BACK),
        (Phase.SOAK, StepStatus.PREPARED, None),
        (Phase.ROLLBACK, StepStatus.CLEANED_UP, None),
        (Phase.VERIFY, StepStatus.CLEANED_UP, None),
    ],
)
def test_what_lacked_only_its_last_word_is_closed(
    phase: Phase, status: StepStatus, end: Phase | None
) -> None:
    """Its fences were off, and the program ended before it could say so."""
    left = replace(in_phase(phase, wave=3, reason=BECAUSE), steps=(StepRecord("copies", status),))
    takeover = judge_journals(left, left, left, 9, found(None))
    assert isinstance(takeover, Doubted if end is None else Close)
    assert takeover.record.state.phase is (end or Phase.NEEDS_OPERATOR)
    assert isinstance(judge_journals(left, left, left, 9, found()), Lead)


@pytest.mark.parametrize(
    ("journal", "mirror", "code"),
    [
        (None, record(), Code.JOURNAL_REPLACED),
        (replace(record(), floor=1), record(), Code.JOURNAL_REPLACED),
        (record(), replace(record(), floor=1), Code.JOURNAL_CONTRADICTED),
        (record(), in_phase(Phase.DONE), Code.JOURNAL_OVER_THERE),
    ],
)
def test_a_journal_that_is_not_to_be_trusted_is_left_to_a_person(
    journal: MigrationRecord | None, mirror: MigrationRecord, code: Code
) -> None:
    takeover = judge_journals(journal, mirror, record(), 9, found())
    assert isinstance(takeover, Doubted)
    state = takeover.record.state
    assert state.phase is Phase.NEEDS_OPERATOR
    assert state.reason is not None
    assert state.reason.code is code


def test_a_start_is_refused_with_what_ends_the_other_move() -> None:
    elsewhere = replace(record(), source=replace(record().source, cluster_uid="cluster-c", context="tokyo"))
    assert refuse_start(record(), record()).reason.code is Code.MOVE_UNFINISHED
    assert refuse_start(elsewhere, record()).reason.code is Code.MOVE_NOT_FINISHED_ELSEWHERE


def test_the_source_alone_is_led_only_where_its_own_fence_confirms_the_journal() -> None:
    """No mirror does, and whoever may write Leases alone cannot have written a Deployment's fence."""
    known = in_phase(Phase.SOAK)
    assert judge_source_alone(known, serving(0, fence="m1:3:9"), known, 8) == Lead(replace(known, epoch=8))
    for fence in (None, "m2:3:9"):
        with pytest.raises(HoldNeeded):
            judge_source_alone(known, serving(0, fence=fence), known, 8)
    assert isinstance(judge_source_alone(known, serving(0, fence="m1:4:18"), known, 8), Doubted)
    replaced = replace(known, template_hash="other")
    assert isinstance(judge_source_alone(replaced, serving(0), known, 8), Doubted)
    over = in_phase(Phase.DONE)
    assert isinstance(judge_source_alone(over, serving(0), known, 8), Over)


def test_what_another_leads_is_shown_with_its_own_reason_or_with_who_leads_it() -> None:
    silent = in_phase(Phase.SOAK)
    assert show_followed(silent) == in_phase(Phase.SOAK, reason=Code.LED_BY_ANOTHER.because())
    telling = in_phase(Phase.SOAK, reason=BECAUSE)
    assert show_followed(telling) == telling


def test_a_hold_that_is_taken_up_says_that_it_was_resumed() -> None:
    held = in_phase(Phase.HOLD, hold=HoldReason.AUTH, resume_phase=Phase.VERIFY, reason=BECAUSE)
    takeover = judge_journals(held, held, held, 9, found())
    assert takeover.record.state.reason == Code.RESUMED.because()


def test_what_is_closed_before_it_began_says_so_and_waits_for_nothing() -> None:
    held = in_phase(Phase.HOLD, hold=HoldReason.AUTH, resume_phase=Phase.LOCKED, reason=BECAUSE)
    takeover = judge_journals(held, None, held, 9, found())
    assert takeover == Close(in_phase(Phase.ROLLED_BACK, reason=Code.STOPPED_BEFORE_START.because()))


def test_the_end_of_a_rollback_keeps_the_reason_for_which_it_began() -> None:
    left = replace(in_phase(Phase.ROLLBACK, reason=BECAUSE), steps=(StepRecord("copies", StepStatus.UNDONE),))
    takeover = judge_journals(left, left, left, 9, found(None))
    assert isinstance(takeover, Close)
    assert takeover.record.state.reason == BECAUSE


def test_an_end_counts_only_of_the_same_plan_whatever_stands_in_the_place_of_the_source() -> None:
    done = in_phase(Phase.DONE)
    replaced = replace(done, source=replace(done.source, deployment_uid="new"))
    assert find_end(replaced, record()) == Over(replaced)
    assert find_end(replace(done, floor=1), record()) is None
    assert find_end(record(), record()) is None
    assert find_end(None, record()) is None


def test_a_doubted_journal_of_the_source_alone_says_why() -> None:
    known = in_phase(Phase.SOAK)
    takeover = judge_source_alone(known, serving(0, fence="m1:4:18"), known, 8)
    assert takeover.record.state.reason == Code.JOURNAL_OUTDATED.because(context="paris", fence="m1:4:18")
