"""What is written can be told from everything that was written before."""

from __future__ import annotations

from controller.migration.protocol.record import Side
from tests.controller.migration.records import record


def test_every_write_leaves_a_fence_of_its_own() -> None:
    first = record().with_intent(Side.TARGET, 3)
    second = first.with_replicas(Side.TARGET, 3).with_intent(Side.SOURCE, 4)
    sealed = second.with_next_operation()
    assert len({record().operation, first.operation, second.operation, sealed.operation}) == 4
