"""Refusals: their codes, and the Status bodies that clients match on and people read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.backends import Backend
from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import config_map, deployment, refusal


def test_missing_object_is_404_and_named(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("GET", cluster.deployment("absent"))
    assert answer.code == 404
    assert answer.body == refusal(
        404,
        "NotFound",
        'deployments.apps "absent" not found',
        {"name": "absent", "group": "apps", "kind": "deployments"},
    )


def test_unknown_resource_is_404_without_a_name(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("GET", "/apis/apps/v1/namespaces/default/gadgets")
    assert answer.code == 404


def test_second_creation_is_409_already_exists(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("twice"))
    answer = cluster.request("POST", cluster.path("configmaps"), config_map("twice"))
    assert (answer.code, answer.body["reason"]) == (409, "AlreadyExists")
    assert answer.body["message"] == 'configmaps "twice" already exists'
    assert answer.body["details"] == {"name": "twice", "kind": "configmaps"}


def test_creation_with_a_resource_version_is_500(cluster: ClusterUnderTest) -> None:
    """As if the mistake were the server's: who copies an object must take its version off."""
    value = config_map("copied")
    value["metadata"]["resourceVersion"] = "7"
    answer = cluster.request("POST", cluster.path("configmaps"), value)
    assert (answer.code, answer.body["message"]) == (
        500,
        "resourceVersion should not be set on objects to be created",
    )


def test_stale_replacement_is_409_conflict(cluster: ClusterUnderTest) -> None:
    first = cluster.create(cluster.path("configmaps"), config_map("stale", a="1"))
    cluster.patch(cluster.path("configmaps", "stale"), {"data": {"a": "2"}})
    answer = cluster.request("PUT", cluster.path("configmaps", "stale"), {**first, "data": {"a": "3"}})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert answer.body["message"] == (
        'Operation cannot be fulfilled on configmaps "stale": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert answer.body["details"] == {"name": "stale", "kind": "configmaps"}
    assert cluster.get(cluster.path("configmaps", "stale"))["data"] == {"a": "2"}


def test_replacement_of_another_uid_is_409(cluster: ClusterUnderTest) -> None:
    first = cluster.create(cluster.path("configmaps"), config_map("reborn"))
    metadata = {"name": "reborn", "uid": "00000000-0000-4000-8000-000000000000"}
    answer = cluster.request("PUT", cluster.path("configmaps", "reborn"), {**first, "metadata": metadata})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert "Precondition failed: UID in precondition: 00000000-" in answer.body["message"]


def test_invalid_deployment_is_422_with_a_cause_for_each_field(cluster: ClusterUnderTest) -> None:
    wrong = deployment("wrong")
    wrong["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    wrong["spec"]["replicas"] = -1
    answer = cluster.request("POST", cluster.deployment(), wrong)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert answer.body["details"]["kind"] == "Deployment"
    causes = {(one["field"], one["reason"]) for one in answer.body["details"]["causes"]}
    assert causes == {
        ("spec.replicas", "FieldValueInvalid"),
        ("spec.template.metadata.labels", "FieldValueInvalid"),
    }
    assert answer.body["message"].startswith('Deployment.apps "wrong" is invalid: [')


def test_deadline_that_min_ready_seconds_exceed_is_422(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("POST", cluster.deployment(), deployment("late", 0, minReadySeconds=600))
    assert (answer.code, answer.body["details"]["causes"]) == (
        422,
        [
            {
                "reason": "FieldValueInvalid",
                "message": "Invalid value: 600: must be greater than minReadySeconds",
                "field": "spec.progressDeadlineSeconds",
            }
        ],
    )


def test_selector_is_immutable(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("fixed", 0))
    changed = {"spec": {"selector": {"matchLabels": {"app": "fixed", "more": "x"}}}}
    changed["spec"]["template"] = {"metadata": {"labels": {"app": "fixed", "more": "x"}}}  # type: ignore[dict-item]
    answer = cluster.request("PATCH", cluster.deployment("fixed"), changed, patch="merge")
    assert answer.code == 422
    assert [one["field"] for one in answer.body["details"]["causes"]] == ["spec.selector"]


def test_undecodable_object_is_400(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("POST", cluster.deployment(), deployment("typed", replicas="four"))
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    assert answer.body["message"] == (
        'Deployment in version "v1" cannot be handled as a Deployment: '
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )


@pytest.mark.parametrize(
    ("patch", "body"),
    [
        ("merge", {"spec": {"replicas": "four"}}),
        ("json", [{"op": "replace", "path": "/spec/replicas", "value": "four"}]),
    ],
)
def test_patch_to_an_undecodable_value_is_422(cluster: ClusterUnderTest, patch: str, body: Any) -> None:
    """Not 400, as the same value in a POST is."""
    cluster.create(cluster.deployment(), deployment("typed", 0))
    answer = cluster.request("PATCH", cluster.deployment("typed"), body, patch=patch)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert answer.body["details"]["causes"][0]["field"] == "patch"


def test_unreadable_body_is_400(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("POST", cluster.path("configmaps"), ["no object"])
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


def test_wrong_name_in_the_body_is_400(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("one"))
    answer = cluster.request("PUT", cluster.path("configmaps", "one"), config_map("two"))
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


def test_creation_in_a_missing_namespace_is_404(cluster: ClusterUnderTest) -> None:
    path = "/api/v1/namespaces/nowhere-at-all/configmaps"
    answer = cluster.request("POST", path, config_map("lost"))
    assert answer.code == 404
    assert answer.body["details"] == {"name": "nowhere-at-all", "kind": "namespaces"}


def test_unknown_token_is_401(backend: Backend, cluster: ClusterUnderTest) -> None:
    with backend.as_user(cluster, backend.kubeconfig, token="guessed") as stranger:
        answer = stranger.request("GET", "/api/v1/nodes")
    assert (answer.code, answer.body["reason"]) == (401, "Unauthorized")


def test_unknown_patch_type_is_415(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("patched"))
    path = cluster.path("configmaps", "patched")
    answer = cluster.request("PATCH", path, {}, headers={"Content-Type": "application/json"})
    assert (answer.code, answer.body["reason"]) == (415, "UnsupportedMediaType")


def test_patch_to_another_uid_is_422(cluster: ClusterUnderTest) -> None:
    """Not 409, as the same in a PUT is."""
    cluster.create(cluster.path("configmaps"), config_map("mine"))
    answer = cluster.request(
        "PATCH", cluster.path("configmaps", "mine"), {"metadata": {"uid": "another"}}, patch="merge"
    )
    assert answer.code == 422
    assert {one["field"] for one in answer.body["details"]["causes"]} == {"metadata.uid"}


def test_patch_to_another_name_is_400(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("mine"))
    answer = cluster.request(
        "PATCH", cluster.path("configmaps", "mine"), {"metadata": {"name": "yours"}}, patch="merge"
    )
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


def test_negative_scale_is_422_and_speaks_of_scale(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    answer = cluster.request(
        "PATCH", cluster.deployment("web/scale"), {"spec": {"replicas": -1}}, patch="merge"
    )
    assert (answer.code, answer.body["details"]["kind"]) == (422, "Scale")


@pytest.mark.parametrize(
    ("labels", "cause"), [({"a b": "x"}, "name part must consist"), ({"a": "x y"}, "a valid label must be")]
)
def test_bad_label_is_422(cluster: ClusterUnderTest, labels: dict[str, str], cause: str) -> None:
    value = config_map("labelled")
    value["metadata"]["labels"] = labels
    answer = cluster.request("POST", cluster.path("configmaps"), value)
    assert answer.code == 422
    assert cause in answer.body["details"]["causes"][0]["message"]


def test_annotation_that_is_no_text_is_refused(cluster: ClusterUnderTest) -> None:
    value = config_map("noted")
    value["metadata"]["annotations"] = {"count": 5}
    assert cluster.request("POST", cluster.path("configmaps"), value).code == 400


def test_deployment_without_a_selector_is_422(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("POST", cluster.deployment(), {"metadata": {"name": "bare"}, "spec": {}})
    assert answer.code == 422
    assert [one["field"] for one in answer.body["details"]["causes"]] == [
        "spec.selector",
        "spec.template.metadata.labels",
        "spec.template.spec.containers",
    ]


def test_field_that_cannot_be_selected_by_is_400(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("GET", cluster.path("pods"), fieldSelector="spec.bogus=1")
    assert (answer.code, answer.body["message"]) == (400, "field label not supported: spec.bogus")


def test_unknown_propagation_policy_is_422(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("kept"))
    answer = cluster.delete(cluster.path("configmaps", "kept"), propagationPolicy="Sometimes")
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "propagationPolicy")


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": []},
        {"metadata": {"name": 5}},
        {"metadata": {"name": "odd", "labels": []}},
        {"metadata": {"name": "odd"}, "spec": []},
        {"metadata": {"name": "odd"}, "spec": {"template": {"spec": {"containers": {}}}}},
        {"metadata": {"name": "odd"}, "spec": {"template": {"spec": {"containers": [1]}}}},
        deployment("odd", cpu="lots"),
    ],
    ids=["metadata", "name", "labels", "spec", "containers", "container", "quantity"],
)
def test_object_of_another_shape_is_400(cluster: ClusterUnderTest, body: Any) -> None:
    answer = cluster.request("POST", cluster.deployment(), body)
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


def test_rolling_update_by_a_word_is_422(cluster: ClusterUnderTest) -> None:
    value = deployment("odd", strategy={"rollingUpdate": {"maxSurge": "lots"}})
    answer = cluster.request("POST", cluster.deployment(), value)
    assert answer.code == 422
    assert "spec.strategy.rollingUpdate.maxSurge" in {
        one["field"] for one in answer.body["details"]["causes"]
    }
