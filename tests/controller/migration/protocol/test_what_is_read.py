"""A Deployment and a pod with everything that is read of them, and with nothing that may be left out."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.workload_parsing import hash_template
from controller.migration.protocol.observation import (
    DEFAULT_GRACE_PERIOD_S,
    DeploymentFacts,
    format_selector,
    parse_deployment,
    parse_pod,
)

TEMPLATE: dict[str, Any] = {"spec": {"containers": [{"name": "web"}], "terminationGracePeriodSeconds": 45}}


def deployment() -> dict[str, Any]:
    """One that has all that is read."""
    return {
        "metadata": {
            "uid": "uid-a",
            "resourceVersion": "77",
            "generation": 5,
            "annotations": {"sentinelaura.io/fence": "m1:4:17"},
            "labels": {"sentinelaura.io/migration": "m1"},
            "managedFields": [
                {"manager": "helm", "fieldsV1": {"f:spec": {"f:template": {}, "f:replicas": {}}}},
                {
                    "manager": "k" * 100,
                    "time": "2026-05-01T10:30:00Z",
                    "fieldsV1": {"f:spec": {"f:replicas": {}}},
                },
            ],
        },
        "spec": {
            "replicas": 7,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": TEMPLATE,
            "progressDeadlineSeconds": 480,
        },
        "status": {
            "observedGeneration": 5,
            "replicas": 6,
            "updatedReplicas": 5,
            "readyReplicas": 4,
            "availableReplicas": 3,
        },
    }


def test_all_of_a_deployment_is_read() -> None:
    assert parse_deployment(deployment()) == DeploymentFacts(
        uid="uid-a",
        resource_version="77",
        replicas=7,
        fence="m1:4:17",
        template_hash=hash_template(TEMPLATE),
        selector="app=checkout",
        current=6,
        updated=5,
        ready=4,
        available=3,
        progress_deadline_s=480,
        grace_period_s=45,
        shown_ready=4,
        replicas_manager=f"helm and {'k' * 79}…",
        template_manager="helm",
        created_by="m1",
    )


def test_what_may_be_left_out_has_the_value_that_the_api_gives_it() -> None:
    """One replica, thirty seconds of grace, and no deadline; of who created or wrote it nothing is known."""
    body = deployment()
    body["metadata"] = {"uid": "uid-a", "resourceVersion": "77", "generation": 5}
    body["spec"] = {"selector": {"matchLabels": {"app": "checkout"}}, "template": {"spec": {}}}
    body["status"] = {"observedGeneration": 4}
    facts = parse_deployment(body)
    assert (facts.replicas, facts.grace_period_s, facts.progress_deadline_s) == (
        1,
        DEFAULT_GRACE_PERIOD_S,
        None,
    )
    assert (facts.created_by, facts.fence, facts.shown_ready) == (None, None, 0)
    assert (facts.replicas_manager, facts.template_manager) == ("", "")


def test_a_status_of_an_older_generation_is_shown_and_not_believed() -> None:
    body = deployment()
    body["status"]["observedGeneration"] = 4
    facts = parse_deployment(body)
    assert (facts.shown_ready, facts.ready) == (4, None)


@pytest.mark.parametrize(
    ("expression", "query"),
    [
        ({"key": "tier", "operator": "In", "values": ["a", "b"]}, "tier in (a,b)"),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, "tier notin (a)"),
        ({"key": "tier", "operator": "Exists"}, "tier"),
        ({"key": "tier", "operator": "DoesNotExist"}, "!tier"),
    ],
)
def test_each_operator_of_a_selector_is_written_as_the_api_reads_it(
    expression: dict[str, Any], query: str
) -> None:
    assert format_selector({"matchExpressions": [expression]}) == query


def test_an_operator_that_nobody_knows_is_named() -> None:
    with pytest.raises(ValueError, match="operator 'Gt'"):
        format_selector({"matchExpressions": [{"key": "tier", "operator": "Gt"}]})


@pytest.mark.parametrize("uid", ["", None, 7])
def test_a_uid_that_is_no_name_is_refused(uid: object) -> None:
    body = deployment()
    body["metadata"]["uid"] = uid
    with pytest.raises(ValueError, match="is not a name"):
        parse_deployment(body)


READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("conditions", "is_ready"),
    [
        ([READY], True),
        ([{"type": "PodScheduled", "status": "True"}, READY], True),
        ([{"type": "PodScheduled", "status": "True"}], False),
        ([{"type": "Ready", "status": "False"}], False),
        ([{"type": "Ready", "status": "Unknown"}], False),
        ([], False),
    ],
)
def test_a_pod_is_ready_where_its_condition_says_so(conditions: list[dict[str, str]], is_ready: bool) -> None:
    assert parse_pod({"status": {"conditions": conditions}}).is_ready is is_ready


def test_restarts_of_all_containers_are_counted_and_one_that_never_started_has_none() -> None:
    statuses = [{"restartCount": 2}, {"restartCount": 3}, {}]
    started = parse_pod({"status": {"containerStatuses": statuses}})
    ending = parse_pod({"metadata": {"deletionTimestamp": "2026-05-01T10:30:00Z"}})
    assert (started.is_terminating, started.restarts, started.is_ready) == (False, 5, False)
    assert (ending.is_terminating, ending.restarts) == (True, 0)
