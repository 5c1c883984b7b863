"""What freezing took from an autoscaler is told from the copies that the same step has noted."""

from __future__ import annotations

from controller.migration.protocol.frozen_notes import STEP, list_frozen
from controller.migration.protocol.record import Note, Side, StepRecord
from tests.controller.migration.records import record

TAKEN = Note("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/checkout", '{"minReplicas":2}')
COPY = Note("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/other", "uid-c")


def test_only_what_was_taken_from_an_autoscaler_of_that_side_is_frozen() -> None:
    known = record().with_step(StepRecord(STEP, source=(COPY, TAKEN), target=(COPY,)))
    known = known.with_step(StepRecord("copies", source=(TAKEN,), target=(TAKEN,)))
    assert list(list_frozen(known, Side.SOURCE)) == [TAKEN]
    assert list(list_frozen(known, Side.TARGET)) == []
