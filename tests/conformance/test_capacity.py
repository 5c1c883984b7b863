"""Finite clusters: quotas, nodes that are full, and budgets that count the healthy."""

from __future__ import annotations

from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject, condition
from tests.conformance.manifests import deployment, disruption_budget, pod
from tests.conformance.quotas import create_quota


def test_pod_over_the_quota_is_403(cluster: ClusterUnderTest) -> None:
    create_quota(cluster, cpu="15m")
    cluster.create(cluster.path("pods"), pod("first", cpu="10m"))
    answer = cluster.request("POST", cluster.path("pods"), pod("second", cpu="10m"))
    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == (
        'pods "second" is forbidden: exceeded quota: narrow, requested: cpu=10m, used: cpu=10m, limited: cpu=15m'
    )
    assert answer.body["details"] == {"name": "second", "kind": "pods"}


def test_quota_refusal_reaches_the_deployments_status(cluster: ClusterUnderTest) -> None:
    create_quota(cluster, pods="1")
    cluster.create(cluster.deployment(), deployment("web", 3))
    refused = cluster.eventually(
        cluster.deployment("web"),
        lambda one: bool(condition(one, "ReplicaFailure")) and one["status"].get("readyReplicas") == 1,
    )
    failure = condition(refused, "ReplicaFailure")
    assert (failure["status"], failure["reason"]) == ("True", "FailedCreate")
    assert "exceeded quota: narrow, requested: pods=1, used: pods=1, limited: pods=1" in failure["message"]
    assert refused["status"]["replicas"] == 1


def test_refusal_in_the_status_keeps_its_first_text(cluster: ClusterUnderTest) -> None:
    """Which names the pod that was refused first; those that were refused later have other names."""
    create_quota(cluster, pods="1")
    cluster.create(cluster.deployment(), deployment("web", 3))
    sets = cluster.path("replicasets", group="apps/v1")
    (refused,) = cluster.eventually_listed(sets, lambda found: bool(found) and is_refused(found[0], 3))
    cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 5}})
    (refused_again,) = cluster.eventually_listed(sets, lambda found: is_refused(found[0], 5))
    assert condition(refused, "ReplicaFailure")["message"].startswith(f'pods "{refused["metadata"]["name"]}-')
    assert condition(refused_again, "ReplicaFailure") == condition(refused, "ReplicaFailure")


def is_refused(replica_set: JsonObject, replicas: int) -> bool:
    """Whether the control loop has tried to reach that many and told of its failure."""
    has_tried = replica_set["status"].get("observedGeneration") == replica_set["metadata"]["generation"]
    return (
        has_tried
        and replica_set["spec"]["replicas"] == replicas
        and bool(condition(replica_set, "ReplicaFailure"))
    )


def test_quota_status_counts_what_is_used(cluster: ClusterUnderTest) -> None:
    create_quota(cluster, pods="5", **{"requests.cpu": "1"})
    cluster.create(cluster.deployment(), deployment("web", 2))
    used = cluster.eventually(
        cluster.path("resourcequotas", "narrow"), lambda one: one["status"]["used"].get("pods") == "2"
    )["status"]["used"]
    assert (used["pods"], used["requests.cpu"]) == ("2", "20m")


def test_pod_larger_than_every_node_stays_pending_and_says_why(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("pods"), pod("giant", cpu="900"))
    waiting = cluster.eventually(
        cluster.path("pods", "giant"),
        lambda one: "Insufficient cpu" in condition(one, "PodScheduled").get("message", ""),
    )
    scheduled = condition(waiting, "PodScheduled")
    assert (waiting["status"]["phase"], scheduled["status"], scheduled["reason"]) == (
        "Pending", "False", "Unschedulable",
    )  # fmt: skip
    assert "nodes are available: " in scheduled["message"]


def test_node_selector_that_no_node_meets_is_unschedulable(cluster: ClusterUnderTest) -> None:
    cluster.create(
        cluster.path("pods"), pod("elsewhere", nodeSelector={"topology.kubernetes.io/region": "mars-1"})
    )
    waiting = cluster.eventually(
        cluster.path("pods", "elsewhere"),
        lambda one: "node affinity/selector" in condition(one, "PodScheduled").get("message", ""),
    )
    assert "didn't match Pod's node affinity/selector" in condition(waiting, "PodScheduled")["message"]


def test_pods_beyond_the_capacity_wait_while_the_others_run(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("wide", 5, cpu="2500m"))
    try:
        full = cluster.eventually(
            cluster.deployment("wide"),
            lambda one: (one["status"].get("replicas"), one["status"].get("readyReplicas")) == (5, 3),
        )
        assert full["status"]["unavailableReplicas"] == 2
        cluster.patch(cluster.deployment("wide"), {"spec": {"replicas": 2}})
        done = cluster.eventually(cluster.deployment("wide"), lambda one: one["status"].get("replicas") == 2)
        # Scaling down takes the pods away that never ran.
        assert done["status"]["readyReplicas"] == 2
    finally:
        cluster.delete(cluster.deployment("wide"))
        # The others need the room.
        cluster.eventually_listed(cluster.path("pods"), lambda pods: not pods)


def test_disruption_budget_counts_the_healthy(cluster: ClusterUnderTest) -> None:
    budgets = cluster.path("poddisruptionbudgets", group="policy/v1")
    cluster.create(budgets, disruption_budget("web", "75%"))
    cluster.create(cluster.deployment(), deployment("web", 4))
    status = cluster.eventually(f"{budgets}/web", lambda one: one["status"].get("currentHealthy") == 4)[
        "status"
    ]
    counts = {
        key: status[key] for key in ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")
    }
    assert counts == {"expectedPods": 4, "currentHealthy": 4, "desiredHealthy": 3, "disruptionsAllowed": 1}
    assert status["observedGeneration"] == 1


def test_scaling_down_does_not_ask_the_disruption_budget(cluster: ClusterUnderTest) -> None:
    budgets = cluster.path("poddisruptionbudgets", group="policy/v1")
    cluster.create(budgets, disruption_budget("web", 2))
    cluster.create(cluster.deployment(), deployment("web", 2))
    cluster.eventually(f"{budgets}/web", lambda one: one["status"].get("currentHealthy") == 2)
    cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 0}})
    cluster.eventually_listed(cluster.path("pods"), lambda pods: not pods)
