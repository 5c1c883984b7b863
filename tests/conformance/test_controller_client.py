"""The controller's own adapter against both backends: each refusal arrives as the error that is handled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import PatchType
from controller.errors import NotArmed, ObjectNotFound, RequestRefused, VersionConflict
from tests.conformance.backends import Backend
from tests.conformance.cluster_under_test import WAIT_S, ClusterUnderTest
from tests.conformance.manifests import ONE_MIB, config_map, deployment, large_bodies, lease
from tests.controller.clusters.clients import make_client

Scene = Callable[[KubeClient, str], Coroutine[Any, Any, None]]
Play = Callable[[Scene], None]


@pytest.fixture
def play(backend: Backend, cluster: ClusterUnderTest) -> Play:
    """Run a scene with an armed client and a namespace of its own."""

    async def run(scene: Scene) -> None:
        client = make_client(backend.kubeconfig, backend.context, armed=True)
        try:
            await scene(client, cluster.namespace)
        finally:
            await client.close()

    return lambda scene: backend.runner.run(run(scene))


def test_failed_compare_and_set_is_a_version_conflict(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        await client.create(paths.collection("deployments", namespace), deployment("web", 0))
        operations = [
            {"op": "test", "path": "/spec/replicas", "value": 7},
            {"op": "replace", "path": "/spec/replicas", "value": 1},
        ]
        with pytest.raises(VersionConflict):
            await client.patch(paths.deployment(namespace, "web"), operations, PatchType.JSON)

    play(scene)


def test_invalid_patch_is_a_refusal_and_no_conflict(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        await client.create(paths.collection("deployments", namespace), deployment("web", 0))
        for value in (-1, "four"):
            operations = [{"op": "replace", "path": "/spec/replicas", "value": value}]
            with pytest.raises(RequestRefused):
                await client.patch(paths.deployment(namespace, "web"), operations, PatchType.JSON)

    play(scene)


def test_owners_of_replicas_are_named_by_a_dry_run(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        path = paths.deployment(namespace, "web")
        await client.create(paths.collection("deployments", namespace), deployment("web", 1))
        await client.patch(path, {"spec": {"replicas": 2}}, PatchType.MERGE)
        wanted = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"replicas": 3},
        }
        with pytest.raises(
            VersionConflict, match=r'conflict with "sentinelaura" using apps/v1: \.spec\.replicas'
        ):
            await client.apply(path, wanted, "flux", dry_run=True)

    play(scene)


def test_lease_race_has_one_winner(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        path = paths.lease(namespace, "journal")
        read = await client.create(paths.collection("leases", namespace), lease("journal", holderIdentity=""))
        attempts = [{**read, "spec": {"holderIdentity": name}} for name in ("first", "second")]
        outcomes = await asyncio.gather(
            *(client.replace(path, one) for one in attempts), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in outcomes) == ["VersionConflict", "dict"]
        winner = next(one for one in outcomes if isinstance(one, dict))["spec"]["holderIdentity"]
        assert (await client.get(path))["spec"]["holderIdentity"] == winner

    play(scene)


def test_deletion_spares_an_object_of_another_uid(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        path = paths.item("configmaps", "kept", namespace)
        created = await client.create(paths.collection("configmaps", namespace), config_map("kept"))
        with pytest.raises(VersionConflict):
            await client.delete(path, uid="another")
        await client.delete(
            path, uid=created["metadata"]["uid"], resource_version=created["metadata"]["resourceVersion"]
        )
        with pytest.raises(ObjectNotFound):
            await client.get(path)

    play(scene)


def test_watch_resumes_where_a_list_ended(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        collection = paths.collection("configmaps", namespace)
        version = (await client.get(collection))["metadata"]["resourceVersion"]
        await client.create(collection, config_map("later"))
        events = client.watch(collection, resource_version=version)
        async with asyncio.timeout(WAIT_S):
            event = await anext(events)
        assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "later")
        await events.aclose()

    play(scene)


@large_bodies
def test_watch_brings_an_object_that_is_larger_than_any_buffer(play: Play) -> None:
    async def scene(client: KubeClient, namespace: str) -> None:
        collection = paths.collection("configmaps", namespace)
        version = (await client.get(collection))["metadata"]["resourceVersion"]
        await client.create(collection, config_map("large", text="x" * ONE_MIB))
        events = client.watch(collection, resource_version=version)
        async with asyncio.timeout(WAIT_S):
            event = await anext(events)
        assert len(event["object"]["data"]["text"]) == ONE_MIB
        await events.aclose()

    play(scene)


def test_unarmed_client_writes_nothing_and_may_try_dry(play: Play, backend: Backend) -> None:
    async def scene(armed: KubeClient, namespace: str) -> None:
        client = make_client(backend.kubeconfig, backend.context)
        collection = paths.collection("configmaps", namespace)
        with pytest.raises(NotArmed):
            await client.create(collection, config_map("never"))
        await client.create(collection, config_map("never"), dry_run=True)
        with pytest.raises(ObjectNotFound):
            await client.get(paths.item("configmaps", "never", namespace))
        await client.close()

    play(scene)
