"""What a record holds: the notes of its steps, and writes that can be told from all before them."""

from __future__ import annotations

from dataclasses import replace

from controller.migration.protocol.record import Intent, Note, Side, StepRecord, StepStatus, Watched
from tests.controller.migration.records import record

DEPLOYMENT = Note("/apis/apps/v1/namespaces/shop/deployments/checkout", "uid-new")


def test_the_targets_deployment_is_the_one_that_a_step_has_created() -> None:
    created = record().with_step(StepRecord("copies", target=(DEPLOYMENT,)))
    assert created.target.deployment_uid == "uid-new"
    assert created.with_step(StepRecord("hooks")).target.deployment_uid == "uid-new"
    assert created.with_step(StepRecord("copies")).target.deployment_uid is None


def test_a_deployment_that_the_target_had_before_stays_the_one() -> None:
    known = replace(record(), target_existed=True)
    assert known.with_step(StepRecord("copies", StepStatus.PREPARED)).target.deployment_uid == "uid-b"


def test_a_step_keeps_its_place_and_its_notes() -> None:
    known = record().with_step(StepRecord("copies", target=(DEPLOYMENT,))).with_step(StepRecord("hooks"))
    prepared = known.with_step(known.step("copies").with_status(StepStatus.PREPARED))
    assert [step.name for step in prepared.steps] == ["copies", "hooks"]
    assert prepared.step("copies") == StepRecord("copies", StepStatus.PREPARED, target=(DEPLOYMENT,))
    assert prepared.target_notes == (DEPLOYMENT,)
    assert prepared.step("traffic") == StepRecord("traffic")


def test_a_note_is_kept_once() -> None:
    step = StepRecord("copies").with_note(Side.TARGET, DEPLOYMENT)
    assert step.with_note(Side.TARGET, DEPLOYMENT) == step
    assert step.without_note(Side.TARGET, DEPLOYMENT) == StepRecord("copies")


def test_every_write_leaves_a_fence_of_its_own() -> None:
    first = record().with_intent(Side.TARGET, 3)
    second = first.with_replicas(Side.TARGET, 3).with_intent(Side.SOURCE, 4)
    sealed = second.with_next_operation()
    assert len({record().operation, first.operation, second.operation, sealed.operation}) == 4


def test_notes_of_one_cluster_are_none_of_the_other() -> None:
    here, there = Note("/a", "1"), Note("/b", "2")
    step = StepRecord("copies").with_note(Side.SOURCE, here).with_note(Side.TARGET, there)
    assert (step.notes(Side.SOURCE), step.notes(Side.TARGET)) == ((here,), (there,))
    assert step.with_note(Side.TARGET, here).notes(Side.TARGET) == (there, here)
    assert step.without_note(Side.SOURCE, here) == StepRecord("copies", target=(there,))
    assert step.without_note(Side.SOURCE, there) == step


def test_the_same_write_again_is_the_same_write() -> None:
    first = record().with_intent(Side.TARGET, 3)
    assert first.with_intent(Side.TARGET, 3) == first
    assert first.intent == Intent(Side.TARGET, 3, record().operation + 1)
    assert first.with_intent(Side.TARGET, 4).operation == first.operation + 1
    assert first.with_intent(Side.SOURCE, 3).intent == Intent(Side.SOURCE, 3, first.operation + 1)


def test_what_is_known_of_one_side_leaves_the_write_to_the_other_under_way() -> None:
    under_way = record().with_intent(Side.TARGET, 3)
    assert under_way.with_replicas(Side.SOURCE, 5).intent == under_way.intent
    assert under_way.with_replicas(Side.TARGET, 3).intent is None


def test_operations_are_counted_one_by_one() -> None:
    assert record().with_next_operation().operation == record().operation + 1


def test_a_wait_counts_for_its_own_wave() -> None:
    watched = Watched(soaked_s=7).with_wait(2, 40)
    assert (watched.waited_for(2), watched.waited_for(1), watched.soaked_s) == (40, 0, 7)
