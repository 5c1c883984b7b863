"""What a record holds: the notes of its steps, and writes that can be told from all before them."""

from __future__ import annotations

from dataclasses import replace

from controller.migration.protocol.record import Note, Side, StepRecord, StepStatus
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
