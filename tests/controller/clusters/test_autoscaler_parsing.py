"""Which Deployment an autoscaler scales: kind and group are read, not the name alone."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.autoscaler_parsing import find_scaled_deployment
from tests.controller.clusters.objects import make_autoscaler


@pytest.mark.parametrize("version", ["apps/v1", "apps/v1beta2", "extensions/v1beta1", "v1", ""])
def test_the_deployment_is_found_in_every_version_that_may_mean_it(version: str) -> None:
    assert find_scaled_deployment(make_autoscaler("x", version=version)) == "checkout"


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("StatefulSet", "apps/v1"),
        ("ReplicaSet", "apps/v1"),
        ("Rollout", "argoproj.io/v1alpha1"),
        ("Deployment", "apps.example/v1"),
    ],
)
def test_a_namesake_of_another_kind_or_group_is_not_ours(kind: str, version: str) -> None:
    assert find_scaled_deployment(make_autoscaler("x", kind=kind, version=version)) is None


@pytest.mark.parametrize(
    "body", [{}, {"spec": None}, {"spec": {"scaleTargetRef": 5}}, {"spec": {"scaleTargetRef": {"kind": []}}}]
)
def test_what_cannot_be_read_names_nothing(body: dict[str, Any]) -> None:
    assert find_scaled_deployment(body) is None
