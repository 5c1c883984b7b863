"""What a person's act on a waiting migration would change is said line by line, or why it cannot be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.contract.settlement import ENDINGS, Act, Settlement
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Note, StepRecord
from controller.migration.protocol.settlement import (
    Scene,
    Sight,
    build_adopted,
    build_cancelled,
    build_restored,
    judge_act,
)
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from tests.controller.migration.facts import serving
from tests.controller.migration.records import BECAUSE, record

UNREAD = Sight(unread=Code.CLUSTER_REPLACED.because(context="there"))
CONFIG_MAP = Note("/api/v1/namespaces/shop/configmaps/settings", "uid-c")


def waiting(source: int = 3, target: int = 3, phase: Phase = Phase.NEEDS_OPERATOR) -> MigrationRecord:
    """A migration that waits for a person in the middle."""
    known = record(source=source, target=target)
    resume = Phase.SETTLE if phase in (Phase.HOLD, Phase.NEEDS_OPERATOR) else None
    return replace(known, state=replace(known.state, phase=phase, resume_phase=resume))


def scene(
    source: DeploymentFacts | None, target: DeploymentFacts | None, known: MigrationRecord | None = None
) -> Scene:
    """Both sides as read, with the same journal in both Leases."""
    known = known or waiting()
    return Scene(known, Sight(source, known), Sight(target, known))


def ours(replicas: int) -> DeploymentFacts:
    """The target's Deployment that the migration knows."""
    return serving(replicas, uid="uid-b")


def codes(settlement: Settlement) -> list[ReasonCode]:
    """What is said of an act."""
    return [change.code for change in settlement.changes]


def refusal(settlement: Settlement) -> ReasonCode | None:
    """Why an act cannot be done."""
    return settlement.reason.code if settlement.reason is not None else None


@pytest.mark.parametrize("act", ENDINGS)
@pytest.mark.parametrize("phase", [Phase.HOLD, Phase.NEEDS_OPERATOR])
def test_a_migration_that_waits_can_be_settled(act: Act, phase: Phase) -> None:
    looked = scene(serving(0), ours(6), waiting(0, 6, phase))
    assert judge_act(looked, act).reason is None


@pytest.mark.parametrize("act", ENDINGS)
@pytest.mark.parametrize("phase", [Phase.SURGE, Phase.SOAK, Phase.ROLLBACK])
def test_a_migration_that_is_under_way_cannot(act: Act, phase: Phase) -> None:
    looked = scene(serving(3), ours(3), waiting(phase=phase))
    assert refusal(judge_act(looked, act)) is ActCode.ACT_WHILE_UNDER_WAY


def test_a_journal_that_the_target_does_not_confirm_waits_for_a_person_whatever_it_says() -> None:
    known = waiting(phase=Phase.SOAK)
    looked = Scene(known, Sight(serving(3), known), Sight(ours(3)))
    assert judge_act(looked, Act.ABANDON).reason is None


UNSIGNED = Code.JOURNAL_UNSIGNED.because(
    workload="shop/checkout", source="paris", target="osaka", phase="SOAK", migration_id="m1"
)


def test_a_journal_that_one_side_has_unsigned_waits_for_a_person_whatever_it_says() -> None:
    """What the other has signed is what counts, and is told without a word of doubt."""
    known = waiting(phase=Phase.SOAK)
    source, target = Sight(serving(3), known), Sight(ours(3), known)
    for looked in (
        Scene(known, replace(source, doubt=UNSIGNED), target),
        Scene(known, source, replace(target, doubt=UNSIGNED)),
    ):
        assert codes(judge_act(looked, Act.ABANDON))[0] is ActCode.ACT_LEAVES
        assert refusal(judge_act(looked, Act.CANCEL)) is Code.JOURNAL_UNSIGNED


def test_an_outdated_journal_waits_for_a_person_whatever_it_says() -> None:
    known = waiting(phase=Phase.SOAK)
    assert judge_act(scene(serving(3, fence="m1:9:1"), ours(3), known), Act.ABANDON).reason is None
    assert judge_act(scene(serving(3, fence=None), ours(3), known), Act.ABANDON).reason is None


@pytest.mark.parametrize("floor", [1, 99])
def test_of_a_journal_that_nobody_has_signed_neither_floor_nor_notes_count(floor: int) -> None:
    """The floor is what the larger side runs; nothing that the journal names is deleted."""
    step = StepRecord("copies", target=(CONFIG_MAP,))
    known = replace(waiting(), floor=floor, steps=(step,))
    sights = (Sight(serving(4), known, doubt=UNSIGNED), Sight(ours(5), known, doubt=UNSIGNED))
    taken = Scene(known, *sights).require_record()
    assert (taken.steps, taken.floor) == ((), 5 if floor == 1 else 6)


def test_a_move_that_is_over_is_settled() -> None:
    looked = scene(serving(0), ours(6), waiting(phase=Phase.DONE))
    assert refusal(judge_act(looked, Act.ABANDON)) is ActCode.ACT_AFTER_END


def test_what_no_lease_speaks_of_cannot_be_settled() -> None:
    looked = Scene(waiting(), Sight(serving(3)), Sight(ours(3)))
    assert refusal(judge_act(looked, Act.ABANDON)) is ActCode.ACT_WITHOUT_JOURNAL


@pytest.mark.parametrize("act", ENDINGS)
def test_nothing_is_decided_where_neither_side_can_be_read(act: Act) -> None:
    known = waiting()
    looked = Scene(known, replace(UNREAD, journal=known), UNREAD)
    assert refusal(judge_act(looked, act)) is ActCode.ACT_NEEDS_CLUSTER


def test_abandoning_changes_no_replicas() -> None:
    looked = scene(serving(3), None)
    assert codes(judge_act(looked, Act.ABANDON)) == [
        ActCode.ACT_LEAVES,
        ActCode.ACT_FINDS_NOTHING,
        ActCode.ACT_FORGETS,
    ]


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        (serving(1), ours(6), None),
        (serving(1), serving(6, uid="another"), ActCode.ACT_BELOW_FLOOR),
        (serving(1), replace(ours(6), available=5), ActCode.ACT_BELOW_FLOOR),
        (serving(1), replace(ours(6), available=None), ActCode.ACT_BELOW_FLOOR),
        (serving(1), ours(5), ActCode.ACT_BELOW_FLOOR),
        (serving(0), ours(2), None),
        (serving(3, uid="another"), ours(2), None),
        (None, ours(2), None),
        (serving(1), None, ActCode.ACT_NEEDS_DEPLOYMENT),
    ],
)
def test_adopting_lowers_the_source_only_where_the_target_covers_the_floor(
    source: DeploymentFacts | None, target: DeploymentFacts | None, code: Code | None
) -> None:
    assert refusal(judge_act(scene(source, target), Act.ADOPT)) is code


def test_adopting_leaves_a_source_alone_that_is_another_deployment() -> None:
    looked = scene(serving(3, uid="another"), ours(6))
    assert ActCode.ACT_LEAVES_FOREIGN in codes(judge_act(looked, Act.ADOPT))


def test_an_adopted_target_is_the_end_with_the_replicas_that_it_has() -> None:
    adopted = build_adopted(scene(serving(0), ours(4)), 7.0)
    assert (adopted.state.phase, adopted.target.replicas, adopted.source.replicas) == (Phase.DONE, 4, 0)
    assert (adopted.ended_at, adopted.state.resume_phase) == (7.0, None)


def test_restoring_says_what_comes_back_and_what_goes() -> None:
    known = replace(waiting(), steps=(StepRecord("copies", target=(CONFIG_MAP,)),), target_existed=True)
    looked = scene(serving(0, uid="another"), ours(6), known)
    settlement = judge_act(looked, Act.RESTORE)
    assert codes(settlement) == [
        ActCode.ACT_TAKES_FOR_ORIGINAL,
        ActCode.ACT_SCALES,
        ActCode.ACT_SCALES,
        ActCode.ACT_DELETES_COPIES,
    ]
    assert "paris: goes from 0 to 6 replicas" in map(str, settlement.changes)


def test_a_restored_source_is_the_deployment_that_stands_there_now() -> None:
    restored = build_restored(scene(serving(2, uid="another"), ours(6)))
    assert restored.state.phase is Phase.ROLLBACK
    assert (restored.source.deployment_uid, restored.source.replicas) == ("another", 2)


def test_nothing_that_only_the_sources_journal_names_is_deleted_in_the_target() -> None:
    """Who may write Leases in the source's cluster alone could name anything there."""
    known = replace(waiting(), steps=(StepRecord("copies", target=(CONFIG_MAP,)),))
    looked = Scene(known, Sight(serving(0), known), Sight(ours(6)))
    restored = build_restored(looked)
    assert restored.target_notes == ()
    assert restored.target.deployment_uid is None


@pytest.mark.parametrize(
    ("source", "target"),
    [(Sight(None), Sight(ours(3))), (UNREAD, Sight(ours(3))), (Sight(serving(3)), UNREAD)],
)
def test_restoring_needs_both_clusters_and_a_source(source: Sight, target: Sight) -> None:
    known = waiting()
    looked = Scene(known, replace(source, journal=known), replace(target, journal=known))
    assert judge_act(looked, Act.RESTORE).reason is not None


def test_what_is_confirmed_is_named_by_all_that_it_changes() -> None:
    looked = scene(serving(0), ours(6))
    digest = judge_act(looked, Act.ADOPT).digest
    again = scene(serving(0), replace(ours(6), available=5))
    changed = scene(serving(0), ours(5))
    swapped = scene(serving(0), serving(6, uid="another"))
    assert judge_act(again, Act.ADOPT).digest == digest
    assert len({digest, judge_act(changed, Act.ADOPT).digest, judge_act(swapped, Act.ADOPT).digest}) == 3
    assert judge_act(looked, Act.ABANDON).digest != digest


def test_the_reason_of_a_wait_stands_in_no_way_of_an_act() -> None:
    known = waiting()
    known = replace(known, state=replace(known.state, reason=BECAUSE))
    assert judge_act(scene(serving(0), ours(6), known), Act.ADOPT).reason is None


@pytest.mark.parametrize("phase", [Phase.SURGE, Phase.SOAK, Phase.HOLD, Phase.NEEDS_OPERATOR])
def test_a_move_that_is_not_over_can_be_cancelled(phase: Phase) -> None:
    looked = scene(serving(3), ours(3), waiting(phase=phase))
    assert judge_act(looked, Act.CANCEL).reason is None
    cancelled = build_cancelled(looked)
    assert (cancelled.state.phase, cancelled.state.resume_phase) == (Phase.ROLLBACK, None)
    assert cancelled.state.reason == Code.CANCELLED.because()


@pytest.mark.parametrize(
    ("phase", "code"), [(Phase.ROLLBACK, ActCode.ACT_GOES_BACK_ALREADY), (Phase.DONE, ActCode.ACT_AFTER_END)]
)
def test_a_move_that_goes_back_or_is_over_is_not_cancelled(phase: Phase, code: Code) -> None:
    assert refusal(judge_act(scene(serving(3), ours(3), waiting(phase=phase)), Act.CANCEL)) is code


@pytest.mark.parametrize("unread", [0, 1])
def test_a_cancel_needs_both_clusters(unread: int) -> None:
    known = waiting(phase=Phase.SOAK)
    sights = [Sight(serving(3), known), Sight(ours(3), known)]
    sights[unread] = replace(UNREAD, journal=known)
    assert refusal(judge_act(Scene(known, *sights), Act.CANCEL)) is ActCode.ACT_NEEDS_CLUSTER


def test_what_the_target_does_not_confirm_is_not_cancelled() -> None:
    known = waiting(phase=Phase.SOAK)
    looked = Scene(known, Sight(serving(3), known), Sight(ours(3)))
    assert refusal(judge_act(looked, Act.CANCEL)) is ActCode.ACT_ON_DOUBTED_JOURNAL
