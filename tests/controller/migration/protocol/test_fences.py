from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.migration.protocol.fences import (
    MAX_EPOCH,
    MAX_LEAD,
    Fence,
    build_fence_change,
    build_fence_removal,
    build_first_fence,
    build_scale,
    parse_epoch,
)

WORDS = st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True)


@given(WORDS, st.integers(0, MAX_EPOCH), WORDS)
def test_a_fence_reads_back_what_was_written(migration_id: str, epoch: int, operation: str) -> None:
    fence = Fence(migration_id, epoch, operation)
    assert Fence.parse(str(fence)) == fence


@pytest.mark.parametrize(
    "text",
    ["", "m1", "m1:4", "m1:four:17", "m1:4:17:18", "m1:-4:17", "m 1:4:17", "m1:4:17\n", "m1:2147483648:17"],
)
def test_anything_else_is_no_fence(text: str) -> None:
    with pytest.raises(ValueError, match="not a fence"):
        Fence.parse(text)
    assert parse_epoch(text, 4) == 0


def test_a_missing_fence_has_epoch_zero() -> None:
    assert parse_epoch(None, 4) == 0
    assert parse_epoch("m1:4:17", 4) == 4


def test_a_fence_that_nobody_who_led_can_have_written_has_epoch_zero() -> None:
    assert parse_epoch(f"m1:{4 + MAX_LEAD}:17", 4) == 4 + MAX_LEAD
    assert parse_epoch(f"m1:{5 + MAX_LEAD}:17", 4) == 0


FENCE = "/metadata/annotations/sentinelaura.io~1fence"


def test_scaling_tests_identity_fence_and_replicas_before_it_changes_anything() -> None:
    assert build_scale("uid-a", "m1:4:17", Fence("m1", 4, "18"), 6, 4) == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-a"},
        {"op": "test", "path": FENCE, "value": "m1:4:17"},
        {"op": "test", "path": "/spec/replicas", "value": 6},
        {"op": "replace", "path": FENCE, "value": "m1:4:18"},
        {"op": "replace", "path": "/spec/replicas", "value": 4},
    ]


def test_a_seal_changes_the_fence_alone() -> None:
    assert build_fence_change("uid-a", "m1:4:17", Fence("m2", 5, "1-seal")) == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-a"},
        {"op": "test", "path": FENCE, "value": "m1:4:17"},
        {"op": "replace", "path": FENCE, "value": "m2:5:1-seal"},
    ]


def test_a_fence_is_taken_off_only_as_it_was_read_and_alone() -> None:
    patch = build_fence_removal("uid-a", "m1:4:17")
    assert patch == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-a"},
        {"op": "test", "path": FENCE, "value": "m1:4:17"},
        {"op": "remove", "path": FENCE},
    ]


def test_the_first_fence_is_bound_to_the_version_that_was_read() -> None:
    assert build_first_fence("uid-a", "77", Fence("m1", 4, "1")) == {
        "metadata": {
            "uid": "uid-a",
            "resourceVersion": "77",
            "annotations": {"sentinelaura.io/fence": "m1:4:1"},
        }
    }
