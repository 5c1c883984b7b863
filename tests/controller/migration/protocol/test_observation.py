from __future__ import annotations

from typing import Any

import pytest

from controller.migration.protocol.observation import format_selector, parse_deployment, parse_pod


def wrote(*fields: str) -> dict[str, Any]:
    """What managedFields says of a writer of fields of the spec."""
    return {"f:spec": {f"f:{field}": {} for field in fields}}


def deployment(**status: Any) -> dict[str, Any]:
    """A Deployment of three replicas in its fifth generation."""
    return {
        "metadata": {
            "name": "checkout",
            "uid": "uid-a",
            "resourceVersion": "77",
            "generation": 5,
            "annotations": {"sentinelaura.io/fence": "m1:4:17"},
            "managedFields": [
                {
                    "manager": "helm",
                    "time": "2026-05-01T10:00:00Z",
                    "fieldsV1": wrote("template", "replicas"),
                },
                {"manager": "karmada", "time": "2026-05-01T10:30:00Z", "fieldsV1": wrote("replicas")},
                {"manager": "annotator", "time": "2026-05-01T12:00:00Z", "fieldsV1": {"f:metadata": {}}},
                {
                    "manager": "kube-controller-manager",
                    "time": "2026-05-01T11:00:00Z",
                    "subresource": "status",
                },
            ],
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": {
                "metadata": {"labels": {"app": "checkout"}},
                "spec": {"containers": [{"name": "web"}]},
            },
        },
        "status": status,
    }


def test_counts_of_the_current_generation_are_believed() -> None:
    facts = parse_deployment(deployment(observedGeneration=5, replicas=3, updatedReplicas=3, readyReplicas=2))
    assert (facts.current, facts.ready, facts.available) == (3, 2, 0)
    assert facts.is_rolled_out(3)


@pytest.mark.parametrize("status", [{}, {"replicas": 3, "availableReplicas": 3}, {"observedGeneration": 4}])
def test_counts_of_an_older_generation_are_unknown_not_zero(status: dict[str, int]) -> None:
    facts = parse_deployment(deployment(**status))
    assert (facts.current, facts.updated, facts.ready, facts.available) == (None, None, None, None)
    assert not facts.is_rolled_out(3)


def test_a_missing_status_is_unknown() -> None:
    body = deployment()
    del body["status"]
    assert parse_deployment(body).available is None


def test_identity_and_fence_are_read() -> None:
    facts = parse_deployment(deployment())
    assert (facts.uid, facts.resource_version, facts.fence) == ("uid-a", "77", "m1:4:17")
    assert facts.selector == "app=checkout"


def test_a_change_is_ascribed_to_who_wrote_that_field_and_not_to_whoever_wrote_last() -> None:
    facts = parse_deployment(deployment())
    assert (facts.replicas_manager, facts.template_manager) == ("helm and karmada", "helm")


def test_who_scaled_by_the_subresource_is_named_although_that_writes_no_time() -> None:
    body = deployment()
    body["metadata"]["managedFields"] += [
        {"manager": "sentinelaura", "time": "2026-05-01T13:00:00Z", "fieldsV1": wrote("replicas")},
        {"manager": "kubectl", "subresource": "scale", "fieldsV1": wrote("replicas")},
    ]
    body["metadata"]["managedFields"][:2] = []
    assert parse_deployment(body).replicas_manager == "kubectl", "and not we"
    body["metadata"]["managedFields"].pop()
    assert parse_deployment(body).replicas_manager == "sentinelaura"


def test_the_template_is_ascribed_to_its_newest_writer_whoever_stands_last() -> None:
    body = deployment()
    body["metadata"]["managedFields"] = [
        {"manager": "undated", "fieldsV1": wrote("template")},
        {"manager": "x" * 81, "time": "2026-05-02T10:00:00Z", "fieldsV1": wrote("template")},
        {"manager": "helm", "time": "2026-05-01T10:00:00Z", "fieldsV1": wrote("template")},
    ]
    assert parse_deployment(body).template_manager == "x" * 79 + "…"


def test_what_keeps_the_controllers_from_creating_pods_is_quoted_while_it_holds() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: team"}
    available = {"type": "Available", "status": "True", "message": "it is available"}
    assert (
        parse_deployment(deployment(conditions=[available, failure])).replica_failure
        == "exceeded quota: team"
    )
    for said in (None, [], [available], [{**failure, "status": "False"}], [{**failure, "message": None}]):
        assert parse_deployment(deployment(conditions=said)).replica_failure == ""


def test_nobody_is_named_where_nobody_is_known_to_have_written_the_field() -> None:
    body = deployment()
    body["metadata"]["managedFields"] = [
        {"manager": "annotator", "fieldsV1": {"f:metadata": {}}},
        {"manager": "old"},
    ]
    facts = parse_deployment(body)
    assert (facts.replicas_manager, facts.template_manager) == ("", "")


@pytest.mark.parametrize(
    ("breakage", "told"),
    [
        (lambda body: body.pop("spec"), "spec"),
        (lambda body: body["metadata"].pop("uid"), "uid"),
        (lambda body: body["spec"].update(replicas="three"), "'three' is not a count"),
        (lambda body: body["spec"].update(replicas=-1), "-1 is not a count"),
        (lambda body: body["spec"].update(selector={}), "^it selects every pod$"),
        (lambda body: body["spec"].update(template=None), "NoneType"),
    ],
)
def test_what_is_no_deployment_is_refused(breakage: Any, told: str) -> None:
    body = deployment()
    breakage(body)
    with pytest.raises(ValueError, match=told):
        parse_deployment(body)


def test_selectors_are_written_as_the_api_reads_them() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["web", "api"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "checkout"}, "matchExpressions": expressions}
    assert format_selector(selector) == "app=checkout,tier in (web,api),!old"


def test_pods_tell_whether_they_end_and_how_often_they_restarted() -> None:
    statuses = [{"restartCount": 2}, {"restartCount": 1}]
    pod = parse_pod({"metadata": {"deletionTimestamp": "now"}, "status": {"containerStatuses": statuses}})
    assert (pod.is_terminating, pod.restarts) == (True, 3)
    assert parse_pod({"metadata": {}}).restarts == 0


def test_pods_tell_who_they_are_where_they_run_and_whether_they_are_ready() -> None:
    body = {
        "metadata": {"name": "checkout-1", "uid": "uid-p"},
        "spec": {"nodeName": "node-a"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    pod = parse_pod(body)
    assert (pod.name, pod.uid, pod.node, pod.is_ready, pod.trouble) == (
        "checkout-1",
        "uid-p",
        "node-a",
        True,
        None,
    )
    bare = parse_pod({"spec": None, "metadata": None, "status": None})
    assert (bare.name, bare.uid, bare.node, bare.is_ready) == ("", "", "", False)


def test_a_pod_tells_what_keeps_it_from_serving() -> None:
    waiting = {"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}
    trouble = parse_pod(
        {"metadata": {"name": "checkout-1"}, "status": {"containerStatuses": [waiting]}}
    ).trouble
    assert trouble is not None


@pytest.mark.parametrize("body", [{"metadata": "text"}, {"status": {"containerStatuses": 3}}])
def test_what_is_no_pod_is_refused_with_what_is_wrong(body: Any) -> None:
    with pytest.raises(ValueError, match="Error\\("):
        parse_pod(body)
