from __future__ import annotations

from controller.migration.steps.autoscalers import find_autoscaler


def test_the_autoscaler_of_the_deployment_is_found() -> None:
    other = {"metadata": {"name": "a"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "other"}}}
    own = {"metadata": {"name": "b"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}}
    assert find_autoscaler([other], "checkout") is None
    assert find_autoscaler([other, own], "checkout") == "b"
