"""Events tell what happened, for an hour."""

from __future__ import annotations

from controller.simulation.api import resource_kinds as kinds
from tests.controller.simulation.simulated_cluster import WEB, SimulatedCluster


def reasons(cluster: SimulatedCluster) -> set[str]:
    return {one["reason"] for one in cluster.all(kinds.EVENTS, "shop")}


def test_scaling_beyond_the_capacity_is_told() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.scale("web", 60)
    cluster.wait(30.0)
    assert {"ScalingReplicaSet", "Scheduled", "FailedScheduling"} <= reasons(cluster)


def test_events_are_forgotten_after_an_hour() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.scale("web", 60)
    cluster.wait(4000.0)
    assert cluster.all(kinds.EVENTS) == []
