"""What no API server answers is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.answer_shapes import find_problem
from controller.reasons import Code

DEPLOYMENT = paths.deployment("shop", "checkout")
METADATA = {"name": "checkout", "namespace": "shop", "uid": "u1", "resourceVersion": "7"}


def build(metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    template = {"metadata": None, "spec": {"containers": [{"name": "web", "env": None}]}}
    return {
        "metadata": {**METADATA, **(metadata or {})},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "x"}}, "template": template, **spec},
    }


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        ({}, "it.metadata"),
        (build({"uid": None}), "it.metadata.uid"),
        (build({"uid": "u" * 129}), "it.metadata.uid"),
        (build({"uid": "\ud800"}), "it.metadata.uid"),
        (build({"resourceVersion": None}), "its version"),
        (build({"name": "../x"}), "it.metadata.name"),
        (build(replicas=None), "it.spec.replicas"),
        (build(replicas=10**30), "it.spec.replicas"),
        (build(template={"spec": {"containers": ["web"]}}), "it.spec.template.spec.containers[0]"),
        (build(selector={"matchLabels": {"app": "x", "tier": 7}}), "it.spec.selector.matchLabels"),
        (build(selector=None), "it.spec.selector"),
    ],
)  # fmt: skip
def test_a_deployment_that_is_none_is_told_by_its_place(answer: dict[str, Any], where: str) -> None:
    assert find_problem(DEPLOYMENT, answer) == Code.ANSWER_MISSHAPEN.because(where=where)


@pytest.mark.parametrize("metadata", [{"name": "other"}, {"namespace": "other"}])
def test_another_object_than_was_asked_for_is_no_answer(metadata: dict[str, Any]) -> None:
    assert find_problem(DEPLOYMENT, build(metadata)) == Code.ANSWER_NOT_ASKED_FOR.because()


def test_what_kubernetes_leaves_out_or_has_as_null_is_no_fault() -> None:
    assert find_problem(DEPLOYMENT, build({"labels": None}, strategy=None)) is None
    unstored = build({"resourceVersion": None})
    assert find_problem(DEPLOYMENT, unstored, is_stored=False) is None


def test_one_object_that_is_none_makes_a_list_none() -> None:
    pods = paths.collection("pods", "shop")
    good, bad = {"metadata": METADATA}, {"metadata": METADATA, "status": {"conditions": "Ready"}}
    assert find_problem(pods, {"metadata": {}, "items": [good]}) is None
    assert find_problem(pods, {"items": [good, bad]}) is not None
    assert find_problem(pods, {"metadata": {}, "items": None}) is None
