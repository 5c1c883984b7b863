"""Who wrote last: a fence of a newer epoch means that another instance leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.access.fact_reader import refuse_newer, require_fence
from controller.migration.protocol.errors import HoldNeeded, LeaseLost
from controller.migration.protocol.record import Side
from tests.controller.migration.records import record
from tests.controller.migration.run.test_rollback import side


def test_a_fence_of_a_newer_epoch_says_that_another_instance_leads() -> None:
    known = replace(record(), epoch=3)
    newer = replace(side(3, 3), fence="m1:4:9")
    with pytest.raises(LeaseLost):
        refuse_newer(newer, known, Side.TARGET)
    with pytest.raises(LeaseLost):
        require_fence(newer, known, Side.TARGET)


def test_a_fence_of_an_older_epoch_is_not_the_one_that_was_left() -> None:
    known = replace(record(), epoch=3)
    older = replace(side(3, 3), fence="m1:2:9")
    refuse_newer(older, known, Side.TARGET)
    with pytest.raises(HoldNeeded):
        require_fence(older, known, Side.TARGET)
