"""What an API server sends is an object of Kubernetes, or no answer at all."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.answer_frame import MAX_LEVELS, find_fault
from controller.reasons import Code
from tests.controller.clusters.objects import make_deployment, make_pod


def nest(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize(
    "answer",
    [
        make_deployment(),
        {"metadata": {"resourceVersion": "1", "labels": None}, "items": [make_pod("p"), make_pod("q")]},
        {"items": None},
        {"kind": "Status", "status": "Success", "metadata": {}},
        {"major": "1", "minor": "36"},
        {"data": nest(MAX_LEVELS - 1)},
    ],
    ids=["object", "list", "list that Go never made", "status", "version", "deep"],
)
def test_what_servers_send_is_read(answer: Any) -> None:
    assert find_fault(answer) is None


@pytest.mark.parametrize("levels", [MAX_LEVELS, 500])
def test_what_is_nested_without_end_is_no_answer(levels: int) -> None:
    """500 levels are read by Python's parser, and end the first function that goes through them."""
    assert find_fault({"data": nest(levels)}) == Code.ANSWER_TOO_DEEP.because()
    assert find_fault({"items": [{"spec": nest(levels - 1 | 1)}]}) in (
        Code.ANSWER_TOO_DEEP.because(),
        Code.ANSWER_MISSHAPEN.because(where="it"),
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"metadata": []},
        {"spec": 7},
        {"status": "ready"},
        {"metadata": {"labels": {"a": 1}}},
        {"metadata": {"annotations": ["a"]}},
        {"metadata": {"annotations": {"a": None}}},
        {"metadata": {"uid": 7}},
        {"metadata": {"generation": "7"}},
        {"metadata": {"managedFields": [None]}},
        {"items": [None]},
        {"items": [{"metadata": {"name": {}}}]},
        {"metadata": {"continue": 7}, "items": []},
        {"metadata": {"continue": 7}, "items": None},
        {"kind": "Status", "status": "Success", "metadata": {"labels": 7}},
        {"kind": "Status", "status": "Success", "spec": 7},
    ],
)
def test_what_is_of_another_kind_than_kubernetes_has_there_is_no_answer(answer: Any) -> None:
    assert find_fault(answer) == Code.ANSWER_MISSHAPEN.because(where="it")


def test_what_should_be_a_list_is_none() -> None:
    assert find_fault({"items": {"a": 1}}) == Code.ANSWER_NO_LIST.because()


def test_fields_that_servers_manage_are_not_too_deep() -> None:
    """What managedFields say of a container's environment is the deepest that we know."""
    owned: Any = {"f:valueFrom": {"f:configMapKeyRef": {}}}
    for field in (
        'k:{"name":"A"}',
        "f:env",
        'k:{"name":"app"}',
        "f:containers",
        "f:spec",
        "f:template",
        "f:spec",
    ):
        owned = {field: owned}
    body = {"metadata": {"managedFields": [{"manager": "kubectl", "fieldsV1": owned}]}}
    assert find_fault({"items": [body]}) is None
