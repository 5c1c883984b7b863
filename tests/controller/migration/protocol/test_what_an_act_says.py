"""Whatever a person's act would do, or why it cannot be done, is said with the cluster, the numbers and the cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.contract.settlement import Act
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.frozen_notes import STEP
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Note, Side, StepRecord
from controller.migration.protocol.settlement import Scene, Sight, build_restored, judge_act
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.facts import serving
from tests.controller.migration.records import BECAUSE, record, shift

UNSIGNED = Code.JOURNAL_UNSIGNED.because(
    workload="shop/checkout", source="paris", target="osaka", phase="SOAK", migration_id="m1"
)
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"


def waiting(known: MigrationRecord | None = None, phase: Phase = Phase.NEEDS_OPERATOR) -> MigrationRecord:
    known = known or record(source=3, target=3)
    return replace(known, state=replace(known.state, phase=phase, resume_phase=Phase.SETTLE))


def ours(replicas: int, **changes: object) -> DeploymentFacts:
    """The target's Deployment that the migration knows."""
    return serving(replicas, uid="uid-b", **changes)


def look(
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    known: MigrationRecord | None = None,
    doubt: Reason | None = None,
) -> Scene:
    known = known or waiting()
    return Scene(known, Sight(source, known, doubt=doubt), Sight(target, known, doubt=doubt))


def changes(scene: Scene, act: Act) -> tuple[Reason, ...]:
    settlement = judge_act(scene, act)
    assert settlement.reason is None
    return settlement.changes


def refusal(scene: Scene, act: Act) -> Reason | None:
    return judge_act(scene, act).reason


def test_a_cancel_says_what_the_source_gets_back() -> None:
    scene = look(serving(3), ours(3), waiting(phase=Phase.SOAK))
    assert changes(scene, Act.CANCEL) == (ActCode.ACT_CANCELS.because(context="paris", replicas=6),)


def test_a_cancelled_shift_says_what_both_sides_run_afterwards() -> None:
    scene = look(serving(8), ours(6, template_hash="beef"), waiting(shift(), Phase.SURGE))
    assert changes(scene, Act.CANCEL) == (
        ActCode.ACT_CANCELS_SHIFT.because(context="paris", replicas=8, target="osaka", stays=5),
    )


@pytest.mark.parametrize("side", list(Side))
def test_a_cancel_names_the_cluster_that_does_not_answer_and_why(side: Side) -> None:
    known = waiting(phase=Phase.SOAK)
    sights = {Side.SOURCE: Sight(serving(3), known), Side.TARGET: Sight(ours(3), known)}
    sights[side] = Sight(unread=BECAUSE, journal=known)
    scene = Scene(known, sights[Side.SOURCE], sights[Side.TARGET])
    context = known.side(side).context
    assert refusal(scene, Act.CANCEL) == ActCode.ACT_NEEDS_CLUSTER.because(context=context, why=BECAUSE)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.DONE, ActCode.ACT_AFTER_END.because(phase="DONE")),
        (Phase.ROLLBACK, ActCode.ACT_GOES_BACK_ALREADY.because(context="paris")),
    ],
)
def test_what_cannot_be_cancelled_says_where_it_stands(phase: Phase, said: Reason) -> None:
    known = record(phase, source=3, target=3)
    assert refusal(look(serving(3), ours(3), known), Act.CANCEL) == said


def test_newer_work_is_not_cancelled_away_and_the_cluster_is_named() -> None:
    done = replace(
        record(Phase.SOAK, source=0, target=6), state=replace(record().state, phase=Phase.SOAK, wave=3)
    )
    scene = look(serving(0), ours(6, template_hash="newer"), done)
    assert refusal(scene, Act.CANCEL) == ActCode.ACT_CANCELS_NEWER_WORK.because(context="osaka")


def test_abandoning_says_of_each_side_what_is_left_there() -> None:
    assert changes(look(None, serving(4, uid="another")), Act.ABANDON) == (
        ActCode.ACT_FINDS_NOTHING.because(context="paris"),
        ActCode.ACT_LEAVES_FOREIGN.because(context="osaka", replicas=4, serving=4),
        ActCode.ACT_FORGETS.because(),
    )


def test_a_side_that_does_not_answer_is_left_unread_and_why() -> None:
    known = waiting()
    scene = Scene(known, Sight(serving(3), known), Sight(unread=BECAUSE))
    assert changes(scene, Act.ABANDON) == (
        ActCode.ACT_LEAVES.because(context="paris", replicas=3, serving=3),
        ActCode.ACT_LEAVES_UNREAD.because(context="osaka", why=BECAUSE),
        ActCode.ACT_FORGETS.because(),
    )


def test_abandoning_says_which_autoscalers_come_free_in_the_clusters_that_answer() -> None:
    notes = tuple(Note(f"{AUTOSCALERS}/{name}", value) for name, value in (("web", "{}"), ("copy", "uid-h")))
    known = replace(waiting(), steps=(StepRecord(STEP, source=notes, target=notes[:1]),))
    thawed = [ActCode.ACT_THAWS.because(context=context, name="web") for context in ("paris", "osaka")]
    assert list(changes(look(serving(3), ours(3), known), Act.ABANDON)[2:4]) == thawed
    for there in (Sight(unread=BECAUSE), Sight(ours(3), has_other=True)):
        said = changes(Scene(known, Sight(serving(3), known), there), Act.ABANDON)
        assert [each for each in said if each.code is ActCode.ACT_THAWS] == thawed[:1]


@pytest.mark.parametrize("act", [Act.ADOPT, Act.RESTORE])
def test_what_needs_a_deployment_says_in_which_cluster_there_is_none(act: Act) -> None:
    scene = look(None if act is Act.RESTORE else serving(3), None if act is Act.ADOPT else ours(3))
    context = "osaka" if act is Act.ADOPT else "paris"
    assert refusal(scene, act) == ActCode.ACT_NEEDS_DEPLOYMENT.because(context=context)


def test_adopting_needs_the_target_and_says_why_it_does_not_answer() -> None:
    known = waiting()
    scene = Scene(known, Sight(serving(3), known), Sight(unread=BECAUSE))
    assert refusal(scene, Act.ADOPT) == ActCode.ACT_NEEDS_CLUSTER.because(context="osaka", why=BECAUSE)


def test_a_source_is_not_lowered_beside_a_target_that_is_not_ours_whatever_serves_there() -> None:
    scene = look(serving(1), serving(6, uid="another"))
    assert refusal(scene, Act.ADOPT) == ActCode.ACT_BELOW_FLOOR.because(
        source="paris", replicas=1, target="osaka", serving=6, floor=6
    )


def test_giving_back_says_whose_work_it_deletes() -> None:
    scene = look(serving(0), ours(6, template_hash="newer", template_manager="helm"))
    assert changes(scene, Act.RESTORE)[1] == ActCode.ACT_DELETES_NEWER_WORK.because(
        context="osaka", manager="helm"
    )
    scene = look(serving(0), ours(6, template_hash="newer"))
    assert changes(scene, Act.RESTORE)[1]["manager"] == "somebody else"


def test_giving_back_says_what_a_shift_leaves_in_the_target() -> None:
    known = replace(waiting(shift(source=2, target=11)), steps=())
    said = changes(look(serving(2), ours(11, template_hash="other"), known), Act.RESTORE)
    assert said == (
        ActCode.ACT_SCALES.because(context="paris", before=2, after=8),
        ActCode.ACT_SCALES.because(context="osaka", before=11, after=5),
    )


def test_giving_back_says_that_nothing_is_to_be_taken_from_a_target_without_ours() -> None:
    assert changes(look(serving(2), None), Act.RESTORE) == (
        ActCode.ACT_SCALES.because(context="paris", before=2, after=6),
        ActCode.ACT_FINDS_NOTHING.because(context="osaka"),
    )


def test_by_an_unsigned_journal_only_what_carries_our_label_is_deleted_and_that_is_said() -> None:
    said = changes(look(serving(3), ours(6, created_by="m1"), doubt=UNSIGNED), Act.RESTORE)
    assert said == (
        UNSIGNED,
        ActCode.ACT_SCALES.because(context="paris", before=3, after=6),
        ActCode.ACT_DELETES_LABELLED.because(context="osaka", migration_id="m1"),
        ActCode.ACT_SCALES.because(context="osaka", before=6, after=0),
    )


def test_an_unsigned_journal_takes_no_more_from_the_target_than_the_source_gets() -> None:
    scene = look(serving(3), ours(7, created_by="m1"), doubt=UNSIGNED)
    assert refusal(scene, Act.RESTORE) == ActCode.ACT_RESTORES_TOO_FEW.because(
        source="paris", target="osaka", replicas=6, kept=7
    )
    assert refusal(look(serving(3), ours(6, created_by="m1"), doubt=UNSIGNED), Act.RESTORE) is None
    assert refusal(look(serving(3), ours(7)), Act.RESTORE) is None, "the journal is ours"


def test_an_unsigned_journal_names_no_write_that_is_under_way_and_no_floor_below_one() -> None:
    known = replace(waiting(), floor=0).with_intent(Side.SOURCE, 1)
    taken = look(serving(0), None, known, UNSIGNED).require_record()
    assert (taken.intent, taken.floor) == (None, 1)
    assert look(serving(9), None, known, UNSIGNED).require_record().floor == 9
    assert look(None, ours(4), known, UNSIGNED).require_record().floor == 4
    assert look(None, ours(9), known, UNSIGNED).require_record().floor == 6, "no more than are to run"


def test_who_gives_back_takes_the_number_that_others_have_set() -> None:
    done = replace(
        record(Phase.SOAK, source=0, target=6), state=replace(record().state, phase=Phase.SOAK, wave=3)
    )
    known = replace(done, state=replace(done.state, phase=Phase.HOLD, resume_phase=Phase.SOAK))
    restored = build_restored(look(serving(0), ours(9, template_hash="newer"), known))
    assert restored.state.newer is not None
    assert restored.state.newer.replicas == 9


def test_an_act_says_of_which_migration_and_workload_it_is() -> None:
    settlement = judge_act(look(serving(3), ours(3)), Act.ABANDON)
    known = waiting()
    assert (settlement.migration_id, settlement.workload, settlement.target) == (
        "m1",
        known.workload,
        "osaka",
    )


@pytest.mark.parametrize("act", [Act.ADOPT, Act.RESTORE])
@pytest.mark.parametrize(("side", "context"), [(Side.SOURCE, "paris"), (Side.TARGET, "osaka")])
def test_beside_another_migration_nothing_is_adopted_or_given_back(
    act: Act, side: Side, context: str
) -> None:
    known = waiting()
    sights = {Side.SOURCE: Sight(serving(0), known), Side.TARGET: Sight(ours(6), known)}
    sights[side] = replace(sights[side], has_other=True)
    scene = Scene(known, sights[Side.SOURCE], sights[Side.TARGET])
    assert refusal(scene, act) == ActCode.ACT_BESIDE_ANOTHER.because(context=context)


def test_adopting_ends_as_done_in_the_target() -> None:
    assert changes(look(serving(0), ours(6)), Act.ADOPT) == (
        ActCode.ACT_LEAVES.because(context="osaka", replicas=6, serving=6),
        ActCode.ACT_LEAVES.because(context="paris", replicas=0, serving=0),
        ActCode.ACT_ENDS_AS_DONE.because(context="osaka"),
    )


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.DONE, ActCode.ACT_AFTER_END.because(phase="DONE")),
        (Phase.SOAK, ActCode.ACT_WHILE_UNDER_WAY.because(phase="SOAK")),
    ],
)
def test_what_waits_for_nobody_says_where_it_stands(phase: Phase, said: Reason) -> None:
    assert refusal(look(serving(3), ours(3), record(phase, source=3, target=3)), Act.ABANDON) == said


def test_where_neither_side_answers_the_source_says_why() -> None:
    known, there = waiting(), Code.UNCLASSIFIED.because(text="there")
    scene = Scene(known, Sight(unread=BECAUSE, journal=known), Sight(unread=there))
    said = ActCode.ACT_NEEDS_CLUSTER.because(context="paris", why=BECAUSE)
    assert refusal(scene, Act.ABANDON) == said
