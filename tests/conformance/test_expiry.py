"""Versions that are too old: a watch that cannot be resumed, and the list that has to begin anew.

A real server forgets when it starts again, so these tests have one of their own; the simulated one is told to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.conformance.backends import Backend, RealBackend, SimulatedBackend
from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import config_map


@pytest.fixture(scope="module", params=["simulated", "real"])
def forgetful(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A cluster with some history, all of it forgotten."""
    if request.param == "simulated":
        simulated: SimulatedBackend = request.getfixturevalue("simulated_backend")
        create_history(simulated.lend())
        simulated.forget_history()
        yield simulated
        return
    with request.getfixturevalue("control_planes").start_private() as real, asyncio.Runner() as runner:
        backend = RealBackend(real.kubeconfig, real.context, runner, real.users["observer"].kubeconfig)
        create_history(backend.lend())
        real.components["kube-apiserver"].kill()
        real.components["kube-apiserver"].start()
        real.await_ready()
        yield backend
        backend.close()


def create_history(cluster: ClusterUnderTest) -> None:
    for number in range(3):
        cluster.create(cluster.path("configmaps"), config_map(f"item-{number}"))


def test_watch_from_a_forgotten_version_gets_410_as_its_only_event(forgetful: Backend) -> None:
    with forgetful.lend().watch("/api/v1/configmaps", resourceVersion=2) as watch:
        (event,) = list(watch)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["status"], status["code"], status["reason"]) == (
        "Status",
        "Failure",
        410,
        "Expired",
    )
    assert status["message"].startswith("too old resource version: 2 (")


def test_list_and_watch_begin_anew_after_410(forgetful: Backend) -> None:
    cluster = forgetful.lend()
    version = cluster.get("/api/v1/configmaps")["metadata"]["resourceVersion"]
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version) as watch:
        cluster.create(cluster.path("configmaps"), config_map("fresh"))
        event = watch.next()
    assert event is not None
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "fresh")
