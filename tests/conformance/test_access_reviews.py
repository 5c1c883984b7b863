"""SelfSubjectAccessReview: may I? And the refusal of somebody who asks first or does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.backends import Backend
from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject
from tests.conformance.manifests import config_map

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def review(namespace: str, verb: str, resource: str, group: str = "") -> JsonObject:
    attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": resource}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


def test_one_who_may_is_told_so(cluster: ClusterUnderTest) -> None:
    answer = cluster.create(REVIEWS, review(cluster.namespace, "patch", "deployments", "apps"))
    assert answer["kind"] == "SelfSubjectAccessReview"
    assert answer["status"]["allowed"] is True


def test_review_without_attributes_is_422(cluster: ClusterUnderTest) -> None:
    empty = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {}}
    answer = cluster.request("POST", REVIEWS, empty)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


@pytest.fixture
def reader(backend: Backend, cluster: ClusterUnderTest) -> Iterator[ClusterUnderTest]:
    """Somebody who may read Deployments and change nothing."""
    with backend.as_observer(cluster) as observer:
        yield observer


def test_one_who_may_not_is_told_so(reader: ClusterUnderTest) -> None:
    allowed = reader.create(REVIEWS, review(reader.namespace, "list", "deployments", "apps"))
    denied = reader.create(REVIEWS, review(reader.namespace, "patch", "deployments", "apps"))
    assert (allowed["status"]["allowed"], denied["status"]["allowed"]) == (True, False)


def test_one_who_may_not_and_tries_is_refused_with_403(reader: ClusterUnderTest) -> None:
    answer = reader.request("POST", reader.path("configmaps"), config_map("forbidden"))
    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"].startswith("configmaps is forbidden: User ")
    assert 'cannot create resource "configmaps" in API group ""' in answer.body["message"]
