"""What a person's act says line by line, and the record with which it ends or goes back."""

from __future__ import annotations

from dataclasses import replace

from controller.contract.settlement import Act
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.settlement import (
    Scene,
    Sight,
    build_adopted,
    build_restored,
    judge_act,
    judge_acts,
)
from controller.migration.protocol.states import HoldReason, Phase
from controller.reasons import Code
from tests.controller.migration.facts import serving
from tests.controller.migration.records import BECAUSE, NOW, record


def waiting(source: int = 3, target: int = 3) -> MigrationRecord:
    """A migration that waits for a person in its second wave, with a write on its way."""
    known = record(source=source, target=target)
    state = replace(
        known.state, phase=Phase.NEEDS_OPERATOR, hold=HoldReason.AUTH, resume_phase=Phase.SETTLE, wave=1
    )
    return replace(known, state=state).with_intent(Side.SOURCE, 1)


def look(source: int | None, target: int | None, known: MigrationRecord | None = None) -> Scene:
    """Both sides as read: so many replicas, all of which serve; None where there is no Deployment."""
    known = known or waiting()
    here = None if source is None else serving(source)
    there = None if target is None else serving(target, uid="uid-b")
    return Scene(known, Sight(here, known), Sight(there, known))


def test_every_act_is_judged() -> None:
    scene = look(0, 6, waiting(0, 6))
    assert [one.act for one in judge_acts(scene)] == list(Act)
    assert judge_acts(scene) == tuple(judge_act(scene, act) for act in Act)


def test_adopting_says_that_the_source_is_lowered_from_what_it_has() -> None:
    lowered = ActCode.ACT_SCALES.because(context="paris", before=3, after=0)
    assert lowered in judge_act(look(3, 6), Act.ADOPT).changes


def test_adopting_is_refused_with_what_serves_and_what_has_to() -> None:
    assert judge_act(look(3, 2), Act.ADOPT).reason == ActCode.ACT_BELOW_FLOOR.because(
        source="paris", replicas=3, target="osaka", serving=2, floor=6
    )


def test_giving_back_says_what_each_side_becomes() -> None:
    changes = judge_act(look(2, 4), Act.RESTORE).changes
    assert changes[:2] == (
        ActCode.ACT_SCALES.because(context="paris", before=2, after=6),
        ActCode.ACT_SCALES.because(context="osaka", before=4, after=0),
    )


def test_giving_back_to_a_deployment_that_took_the_place_of_the_source_says_so() -> None:
    known = waiting()
    other = replace(serving(2), uid="uid-new")
    scene = Scene(known, Sight(other, known), Sight(serving(3, uid="uid-b"), known))
    assert judge_act(scene, Act.RESTORE).changes[0] == ActCode.ACT_TAKES_FOR_ORIGINAL.because(context="paris")


def test_giving_back_waits_for_a_target_that_was_not_read_and_says_why() -> None:
    known = waiting()
    scene = Scene(known, Sight(serving(3), known), Sight(unread=BECAUSE))
    refused = judge_act(scene, Act.RESTORE).reason
    assert refused == ActCode.ACT_NEEDS_CLUSTER.because(context="osaka", why=BECAUSE)


def test_an_adopted_move_is_over_with_what_both_sides_have() -> None:
    adopted = build_adopted(look(2, 5), NOW)
    known = waiting()
    assert adopted == replace(
        known,
        source=replace(known.source, replicas=2),
        target=replace(known.target, replicas=5),
        state=replace(
            known.state,
            phase=Phase.DONE,
            hold=None,
            resume_phase=None,
            reason=Code.ADOPTED.because(context="osaka", replicas=5),
            wave=len(known.state.waves) - 1,
        ),
        ended_at=NOW,
        intent=None,
    )
    assert build_adopted(look(None, 5), NOW).source.replicas == 0


def test_what_is_given_back_begins_with_the_source_as_it_stands_there_now() -> None:
    known = waiting()
    other = replace(serving(2), uid="uid-new")
    restored = build_restored(Scene(known, Sight(other, known), Sight(None, known)))
    assert restored == replace(
        known,
        source=replace(known.source, deployment_uid="uid-new", replicas=2),
        state=replace(
            known.state,
            phase=Phase.ROLLBACK,
            hold=None,
            resume_phase=None,
            reason=Code.RESTORE_REQUESTED.because(context="paris"),
            source_first=True,
        ),
        intent=None,
    )
