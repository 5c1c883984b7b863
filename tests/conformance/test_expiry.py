"""What is too old: a watch that cannot be resumed, a list that cannot be continued, and how both begin anew.

A real server forgets watches when it starts again and lists when its store is compacted, so these tests have one of
their own; the simulated one is told to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.backends import Backend, RealBackend
from tests.conformance.cluster_under_test import Answer, ClusterUnderTest, JsonObject
from tests.conformance.manifests import config_map

MINE = {"labelSelector": "suite=expiry"}


@pytest.fixture(scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.controlplane)])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Each of the two, with nobody else on the cluster."""
    if request.param == "simulated":
        yield request.getfixturevalue("simulated_backend")
        return
    with request.getfixturevalue("control_planes").start_private() as real, asyncio.Runner() as runner:
        backend = RealBackend(real, runner)
        yield backend
        backend.close()


def create_items(cluster: ClusterUnderTest, *numbers: int) -> list[JsonObject]:
    created = []
    for number in numbers:
        value = config_map(f"item-{number}")
        value["metadata"]["labels"] = {"suite": "expiry"}
        created.append(cluster.create(cluster.path("configmaps"), value))
    return created


def names(answer: JsonObject) -> list[str]:
    return [one["metadata"]["name"] for one in answer["items"]]


def list_page(cluster: ClusterUnderTest, token: str = "") -> Answer:
    """The next two items."""
    query: dict[str, Any] = {"limit": 2, "continue": token, **MINE}
    return cluster.request("GET", cluster.path("configmaps"), **query)


def test_watch_from_a_forgotten_version_gets_410_as_its_only_event(
    backend: Backend, cluster: ClusterUnderTest
) -> None:
    first, second, *_ = create_items(cluster, 0, 1, 2)
    version = first["metadata"]["resourceVersion"]
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version, **MINE) as watch:
        event = watch.next()
    assert event is not None, "this version can be watched, until it is forgotten"
    assert event["object"]["metadata"]["uid"] == second["metadata"]["uid"]
    backend.restart()
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version, **MINE) as watch:
        (event,) = list(watch)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["status"], status["code"], status["reason"]) == (
        "Status",
        "Failure",
        410,
        "Expired",
    )
    assert status["message"].startswith(f"too old resource version: {version} (")


def test_list_and_watch_begin_anew_after_410(backend: Backend, cluster: ClusterUnderTest) -> None:
    create_items(cluster, 0)
    backend.restart()
    listed = cluster.get(cluster.path("configmaps"), **MINE)
    assert names(listed) == ["item-0"]
    version = listed["metadata"]["resourceVersion"]
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version, **MINE) as watch:
        create_items(cluster, 1)
        event = watch.next()
    assert event is not None
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "item-1")


def test_list_can_be_continued_after_a_restart(backend: Backend, cluster: ClusterUnderTest) -> None:
    """A restart forgets watches, not versions: those are in the store."""
    create_items(cluster, 0, 1, 2)
    first = list_page(cluster).body
    create_items(cluster, 3)
    backend.restart()
    second = list_page(cluster, first["metadata"]["continue"]).body
    assert names(first) + names(second) == ["item-0", "item-1", "item-2"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_list_that_cannot_be_continued_is_410_with_a_token_to_go_on_with_what_exists_now(
    backend: Backend, cluster: ClusterUnderTest
) -> None:
    create_items(cluster, 0, 1, 2)
    first = list_page(cluster).body
    create_items(cluster, 3)
    backend.compact()
    answer = list_page(cluster, first["metadata"]["continue"])
    assert (answer.code, answer.body["reason"]) == (410, "Expired")
    assert answer.body["message"].startswith(
        "The provided continue parameter is too old to display a consistent "
    )
    rest = list_page(cluster, answer.body["metadata"]["continue"]).body
    assert names(rest) == ["item-2", "item-3"]
    assert int(rest["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
