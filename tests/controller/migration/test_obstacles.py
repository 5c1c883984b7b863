from __future__ import annotations

from typing import Any

import pytest

from controller.migration.obstacles import compute_disruption_floor, find_autoscaler, find_obstacles


def deployment(
    *, metadata: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **pod: Any
) -> dict[str, Any]:
    """A Deployment with nothing against it, but for what is given."""
    pod_spec = {"containers": [{"name": "web"}], **pod}
    return {
        "metadata": {"name": "checkout", **(metadata or {})},
        "spec": {"replicas": 3, "template": {"spec": pod_spec}, **(spec or {})},
    }


def test_a_plain_deployment_may_move() -> None:
    assert find_obstacles(deployment(volumes=[{"name": "tmp", "emptyDir": {}}])) == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            deployment(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "d"}}]),
            "volume data is persistent",
        ),
        (deployment(volumes=[{"name": "log", "hostPath": {"path": "/var"}}]), "directory of one node"),
        (deployment(hostNetwork=True), "node's network"),
        (deployment(containers=[{"name": "web", "ports": [{"hostPort": 80}]}]), "ports of their node"),
        (deployment(spec={"paused": True}), "paused"),
        (deployment(spec={"replicas": 0}), "no replicas"),
        (
            deployment(metadata={"ownerReferences": [{"kind": "Rollout", "name": "r", "controller": True}]}),
            "Rollout r",
        ),
        (deployment(metadata={"annotations": {"argocd.argoproj.io/tracking-id": "x"}}), "GitOps"),
    ],
)
def test_what_stands_against_a_move_is_named(body: dict[str, Any], reason: str) -> None:
    assert any(reason in obstacle for obstacle in find_obstacles(body))


def test_the_autoscaler_of_the_deployment_is_found() -> None:
    other = {"metadata": {"name": "a"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "other"}}}
    own = {"metadata": {"name": "b"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}}
    assert find_autoscaler([other], "checkout") is None
    assert find_autoscaler([other, own], "checkout") == "b"


@pytest.mark.parametrize(
    ("spec", "floor"),
    [
        ({"minAvailable": 2}, 2),
        ({"minAvailable": "50%"}, 4),
        ({"maxUnavailable": 1}, 6),
        ({"maxUnavailable": "25%"}, 6),
        ({"minAvailable": 99}, 7),
        ({}, 0),
    ],
)
def test_a_disruption_budget_sets_a_floor_rounded_to_the_safe_side(spec: dict[str, Any], floor: int) -> None:
    assert compute_disruption_floor({"spec": spec}, 7) == floor
