"""Leases: the journal's home. Races of creation and update, and MicroTime to the digit."""

from __future__ import annotations

import pytest

from tests.conformance.cluster_under_test import ClusterUnderTest, Request
from tests.conformance.manifests import lease

GROUP = "coordination.k8s.io/v1"
TIME = "2026-01-02T03:04:05.000000Z"


def test_second_creation_of_a_lease_loses(cluster: ClusterUnderTest) -> None:
    path = cluster.path("leases", group=GROUP)
    cluster.create(path, lease("journal", holderIdentity="first"))
    answer = cluster.request("POST", path, lease("journal", holderIdentity="second"))
    assert (answer.code, answer.body["reason"]) == (409, "AlreadyExists")
    assert cluster.get(f"{path}/journal")["spec"]["holderIdentity"] == "first"


def test_of_creations_at_the_same_moment_one_wins(cluster: ClusterUnderTest) -> None:
    path = cluster.path("leases", group=GROUP)
    holders = [f"instance-{number}" for number in range(4)]
    answers = cluster.race(
        [Request("POST", path, lease("journal", holderIdentity=holder)) for holder in holders]
    )
    (winner,) = (answer.body for answer in answers if answer.code == 201)
    assert sorted(answer.code for answer in answers) == [201, 409, 409, 409]
    assert cluster.get(f"{path}/journal") == winner


def test_of_two_updates_from_one_version_the_second_loses(cluster: ClusterUnderTest) -> None:
    path = cluster.path("leases", "journal", GROUP)
    read = cluster.create(
        cluster.path("leases", group=GROUP), lease("journal", holderIdentity="", leaseTransitions=3)
    )
    cluster.replace(path, {**read, "spec": {"holderIdentity": "first", "leaseTransitions": 4}})
    answer = cluster.request(
        "PUT", path, {**read, "spec": {"holderIdentity": "second", "leaseTransitions": 4}}
    )
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert cluster.get(path)["spec"]["holderIdentity"] == "first"


def test_update_without_a_version_is_refused(cluster: ClusterUnderTest) -> None:
    """Most kinds take one; the message names the plural."""
    cluster.create(cluster.path("leases", group=GROUP), lease("journal", holderIdentity="a"))
    path = cluster.path("leases", "journal", GROUP)
    answer = cluster.request("PUT", path, lease("journal", holderIdentity="b"))
    assert answer.code == 422
    assert answer.body["message"] == (
        'leases.coordination.k8s.io "journal" is invalid: metadata.resourceVersion: '
        "Invalid value: 0: must be specified for an update"
    )


def test_lease_keeps_journal_annotation_and_exact_time(cluster: ClusterUnderTest) -> None:
    journal = '{"phase":"SURGE"}' + "x" * 7000
    value = lease("journal", holderIdentity="a", leaseDurationSeconds=30, leaseTransitions=0, renewTime=TIME)
    value["metadata"]["annotations"] = {"sentinelaura.io/journal": journal}
    cluster.create(cluster.path("leases", group=GROUP), value)
    stored = cluster.get(cluster.path("leases", "journal", GROUP))
    assert stored["metadata"]["annotations"]["sentinelaura.io/journal"] == journal
    assert stored["spec"] == {
        "holderIdentity": "a", "leaseDurationSeconds": 30, "leaseTransitions": 0, "renewTime": TIME,
    }  # fmt: skip


@pytest.mark.parametrize("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123Z", "soon"])
def test_time_without_six_digits_is_400(cluster: ClusterUnderTest, time: str) -> None:
    answer = cluster.request("POST", cluster.path("leases", group=GROUP), lease("journal", renewTime=time))
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


def test_released_lease_keeps_its_transitions(cluster: ClusterUnderTest) -> None:
    cluster.create(
        cluster.path("leases", group=GROUP), lease("journal", holderIdentity="a", leaseTransitions=7)
    )
    path = cluster.path("leases", "journal", GROUP)
    cluster.patch(path, {"spec": {"holderIdentity": ""}})
    assert cluster.get(path)["spec"]["leaseTransitions"] == 7


def test_every_renewal_is_a_new_version(cluster: ClusterUnderTest) -> None:
    path = cluster.path("leases", "journal", GROUP)
    first = cluster.create(cluster.path("leases", group=GROUP), lease("journal", renewTime=TIME))
    second = cluster.patch(path, {"spec": {"renewTime": "2026-01-02T03:04:06.000001Z"}})
    assert first["metadata"]["resourceVersion"] != second["metadata"]["resourceVersion"]
    assert second["spec"]["renewTime"] == "2026-01-02T03:04:06.000001Z"


@pytest.mark.parametrize("field", ["leaseDurationSeconds", "leaseTransitions"])
def test_negative_numbers_are_invalid(cluster: ClusterUnderTest, field: str) -> None:
    answer = cluster.request("POST", cluster.path("leases", group=GROUP), lease("journal", **{field: -1}))
    assert answer.code == 422
    assert [one["field"] for one in answer.body["details"]["causes"]] == [f"spec.{field}"]
