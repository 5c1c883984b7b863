"""JSON Patch and merge patch on plain values."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from controller.simulation.api.json_patch import (
    PatchFailed,
    apply_json_patch,
    apply_merge_patch,
    parse_pointer,
)

DOCUMENT = {"a": {"b": [1, 2, 3]}, "x/y": {"~": True}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a/c", "value": 9}, {"a": {"b": [1, 2, 3], "c": 9}, "x/y": {"~": True}}),
        ({"op": "add", "path": "/a/b/1", "value": 9}, {"a": {"b": [1, 9, 2, 3]}, "x/y": {"~": True}}),
        ({"op": "add", "path": "/a/b/-", "value": 9}, {"a": {"b": [1, 2, 3, 9]}, "x/y": {"~": True}}),
        ({"op": "replace", "path": "/a/b/0", "value": 9}, {"a": {"b": [9, 2, 3]}, "x/y": {"~": True}}),
        ({"op": "replace", "path": "/x~1y/~0", "value": 9}, {"a": {"b": [1, 2, 3]}, "x/y": {"~": 9}}),
        ({"op": "remove", "path": "/a/b/1"}, {"a": {"b": [1, 3]}, "x/y": {"~": True}}),
        ({"op": "remove", "path": "/x~1y"}, {"a": {"b": [1, 2, 3]}}),
        ({"op": "move", "from": "/a/b", "path": "/c"}, {"a": {}, "c": [1, 2, 3], "x/y": {"~": True}}),
        ({"op": "copy", "from": "/a/b/0", "path": "/c"}, {**DOCUMENT, "c": 1}),
        ({"op": "test", "path": "/a/b", "value": [1, 2, 3]}, DOCUMENT),
        ({"op": "test", "path": "/a/absent", "value": None}, DOCUMENT),
        ({"op": "replace", "path": "", "value": 1}, 1),
    ],
    ids=lambda value: value.get("op", "") + value.get("path", "") if isinstance(value, dict) else "",
)
def test_operation(operation: dict[str, Any], expected: Any) -> None:
    before = copy.deepcopy(DOCUMENT)
    assert apply_json_patch(DOCUMENT, [operation]) == expected
    assert before == DOCUMENT


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a/b", "value": [1]},
        {"op": "test", "path": "/x~1y/~0", "value": 1},
        {"op": "test", "path": "/absent/deeper", "value": None},
        {"op": "remove", "path": "/absent"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/absent/deeper", "value": 1},
        {"op": "add", "path": "/a/b/7", "value": 1},
        {"op": "add", "path": "/a/b/-1", "value": 1},
        {"op": "add", "path": "no slash", "value": 1},
        {"op": "move", "from": "/absent", "path": "/c"},
        {"op": "unknown", "path": "/a"},
        {},
    ],
)
def test_operation_that_cannot_be_done(operation: dict[str, Any]) -> None:
    with pytest.raises(PatchFailed):
        apply_json_patch(DOCUMENT, [operation])


def test_pointer_escapes() -> None:
    assert parse_pointer("/a~1b/m~0n//") == ["a/b", "m~n", "", ""]


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": 1}, ["x"], ["x"]),
    ],
)
def test_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    assert apply_merge_patch(target, patch) == expected
