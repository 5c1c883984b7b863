"""Rollouts: what the status of a Deployment says on the way, and when it may be believed."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject, condition
from tests.conformance.manifests import deployment

NEVER_READY = {"sentinelaura.test/behaviour": "never-ready"}
CRASHING = {"sentinelaura.test/behaviour": "crashing"}


def is_rolled_out(value: JsonObject) -> bool:
    """The rule of `kubectl rollout status`, on numbers alone."""
    status, wanted = value["status"], value["spec"]["replicas"]
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration", 0) >= value["metadata"]["generation"] and counts == [wanted] * 3


def test_rollout_ends_available(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 3))
    done = cluster.eventually(cluster.deployment("web"), is_rolled_out)
    assert done["status"]["readyReplicas"] == 3
    assert "unavailableReplicas" not in done["status"]
    done = cluster.eventually(
        cluster.deployment("web"),
        lambda one: condition(one, "Progressing").get("reason") == "NewReplicaSetAvailable",
    )
    available = condition(done, "Available")
    assert (available["status"], available["reason"]) == ("True", "MinimumReplicasAvailable")


def test_observed_generation_trails_until_the_controller_has_looked(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    patched = cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 2}})
    assert patched["status"]["observedGeneration"] < patched["metadata"]["generation"]
    # The status of a scaling that nobody has begun still claims success: only the generation tells.
    assert condition(patched, "Available")["status"] == "True"
    cluster.eventually(cluster.deployment("web"), is_rolled_out)


def test_counts_of_zero_are_left_out(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 0}})
    status = cluster.eventually(cluster.deployment("web"), is_rolled_out)["status"]
    absent = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    assert not any(field in status for field in absent)
    assert status["observedGeneration"] == 2


def test_terminating_replicas_are_told_even_while_there_are_none(cluster: ClusterUnderTest) -> None:
    """Unlike every other count."""
    cluster.create(cluster.deployment(), deployment("web", 1))
    done = cluster.eventually(cluster.deployment("web"), is_rolled_out)
    assert done["status"]["terminatingReplicas"] == 0


def test_ready_pod_is_not_available_before_min_ready_seconds(cluster: ClusterUnderTest) -> None:
    created = cluster.create(cluster.deployment(), deployment("web", 1, minReadySeconds=599))
    ready = cluster.eventually(
        cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 1, since=created
    )
    assert "availableReplicas" not in ready["status"]
    assert ready["status"]["unavailableReplicas"] == 1


def test_ready_pod_is_available_after_min_ready_seconds(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1, minReadySeconds=2))
    done = cluster.eventually(cluster.deployment("web"), is_rolled_out)
    (pod,) = cluster.get(cluster.path("pods"))["items"]
    ready_at, available_at = (
        datetime.fromisoformat(condition(one, type_)["lastTransitionTime"])
        for one, type_ in ((pod, "Ready"), (done, "Available"))
    )
    assert available_at - ready_at >= timedelta(seconds=2)


def test_pods_that_never_become_ready_end_in_a_report_and_nothing_else(cluster: ClusterUnderTest) -> None:
    value = deployment("web", 1, pod_labels=NEVER_READY, progressDeadlineSeconds=2)
    cluster.create(cluster.deployment(), value)
    late = cluster.eventually(
        cluster.deployment("web"), lambda one: condition(one, "Progressing").get("status") == "False"
    )
    assert condition(late, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert condition(late, "Available")["reason"] == "MinimumReplicasUnavailable"
    assert (late["spec"]["replicas"], late["status"]["unavailableReplicas"]) == (1, 1)


def test_new_template_rolls_out_in_a_second_replica_set(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    container = {"name": "web", "image": "registry.example/web:2"}
    cluster.patch(cluster.deployment("web"), {"spec": {"template": {"spec": {"containers": [container]}}}})
    done = cluster.eventually(cluster.deployment("web"), is_rolled_out)
    assert done["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    sets = cluster.get(cluster.path("replicasets", group="apps/v1"), labelSelector="app=web")["items"]
    assert sorted(one["spec"]["replicas"] for one in sets) == [0, 2]


def test_replica_set_carries_template_hash_owner_and_annotations(cluster: ClusterUnderTest) -> None:
    value = deployment("web", 1)
    value["metadata"]["annotations"] = {"sentinelaura.io/fence": "m1:1:1"}
    created = cluster.create(cluster.deployment(), value)
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    (replica_set,) = cluster.get(cluster.path("replicasets", group="apps/v1"))["items"]
    metadata = replica_set["metadata"]
    digest = metadata["labels"]["pod-template-hash"]
    assert metadata["name"] == f"web-{digest}"
    assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": digest}
    (owner,) = metadata["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == (
        "Deployment",
        created["metadata"]["uid"],
        True,
    )
    # `kubectl rollout undo` writes these back: a journal must not live in an annotation alone.
    assert metadata["annotations"]["sentinelaura.io/fence"] == "m1:1:1"
    assert metadata["annotations"]["deployment.kubernetes.io/desired-replicas"] == "1"


def test_changed_annotations_and_min_ready_seconds_reach_the_replica_set(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    patch = {"metadata": {"annotations": {"sentinelaura.io/fence": "m1:1:2"}}, "spec": {"minReadySeconds": 1}}
    cluster.patch(cluster.deployment("web"), patch)
    (replica_set,) = cluster.eventually_listed(
        cluster.path("replicasets", group="apps/v1"),
        lambda sets: "sentinelaura.io/fence" in sets[0]["metadata"]["annotations"],
    )
    assert replica_set["spec"]["minReadySeconds"] == 1
    assert replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"


def test_old_template_comes_back_as_a_new_revision_of_the_old_replica_set(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    for image in ("registry.example/web:2", "registry.example/web:1"):
        container = {"name": "web", "image": image, "resources": {"requests": {"cpu": "10m"}}}
        cluster.patch(
            cluster.deployment("web"), {"spec": {"template": {"spec": {"containers": [container]}}}}
        )
        done = cluster.eventually(cluster.deployment("web"), is_rolled_out)
    assert done["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    sets = cluster.get(cluster.path("replicasets", group="apps/v1"))["items"]
    revisions = [one["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for one in sets]
    assert sorted(revisions) == ["2", "3"]


def test_paused_deployment_scales_but_does_not_roll_out(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    container = {"name": "web", "image": "registry.example/web:2"}
    patch = {"spec": {"paused": True, "replicas": 2, "template": {"spec": {"containers": [container]}}}}
    cluster.patch(cluster.deployment("web"), patch)
    scaled = cluster.eventually(
        cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 2
    )
    assert "updatedReplicas" not in scaled["status"]


def test_ready_pod_says_so_in_its_status(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), is_rolled_out)
    (pod,) = cluster.get(cluster.path("pods"))["items"]
    assert (pod["status"]["phase"], condition(pod, "Ready")["status"]) == ("Running", "True")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
    node = cluster.get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
    region = "topology.kubernetes.io/region"
    assert pod["metadata"]["labels"][region] == node["metadata"]["labels"][region]


def test_crashing_pod_is_ready_for_a_moment_between_its_crashes(cluster: ClusterUnderTest) -> None:
    """So a single look may take it for a healthy one: only its restarts tell."""
    pods = cluster.path("pods")
    version = cluster.get(pods)["metadata"]["resourceVersion"]
    cluster.create(cluster.deployment(), deployment("web", 1, pod_labels=CRASHING))
    seen: list[tuple[str, int]] = []
    with cluster.watch(pods, resourceVersion=version) as watch:
        while seen[-1:] != [("True", 1)]:
            event = watch.next()
            assert event is not None, f"seen before the end: {seen}"
            for container in event["object"]["status"].get("containerStatuses", []):
                state = (condition(event["object"], "Ready")["status"], container["restartCount"])
                seen += [state] if seen[-1:] != [state] else []
    assert seen[-3:] == [("True", 0), ("False", 0), ("True", 1)]


def test_container_that_crashed_waits_and_says_why(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1, pod_labels=CRASHING))
    (pod,) = cluster.eventually_listed(
        cluster.path("pods"),
        lambda pods: any("waiting" in one["state"] and one["lastState"] for one in list_containers(pods)),
    )
    (container,) = list_containers([pod])
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert (container["ready"], condition(pod, "Ready")["status"]) == (False, "False")


def list_containers(pods: list[JsonObject]) -> list[JsonObject]:
    return [one for pod in pods for one in (pod["status"].get("containerStatuses") or [])]
