"""What is said of a write reaches the cluster, and what the cluster answers is judged as what was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.checked_api import CheckedApi
from controller.clusters.kube_api import PatchType, WriteOptions
from controller.errors import ServerFailed
from tests.controller.clusters.objects import Json

MAPS = paths.collection("configmaps", "shop")
MAP = paths.item("configmaps", "settings", "shop")
UNSTORED = {"metadata": {"name": "settings", "namespace": "shop", "uid": "u1"}}
STORED = {"metadata": {**UNSTORED["metadata"], "resourceVersion": "7"}}

Write = Callable[..., Coroutine[Any, Any, Json]]


class Listener:
    """A cluster that answers every write alike, and keeps what was said of the last one."""

    context = "eu"

    def __init__(self, answer: Json) -> None:
        self.answer = answer
        self.options: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Write:
        async def write(*_: Any, **options: Any) -> Json:
            self.options = options
            return self.answer

        return write


WRITES = {
    "create": lambda api, options: api.create(MAPS, {}, **options),
    "replace": lambda api, options: api.replace(MAP, {}, **options),
    "patch": lambda api, options: api.patch(MAP, {}, PatchType.MERGE, **options),
    "apply": lambda api, options: api.apply(MAP, {}, "us", **options),
}


def write_by(name: str, cluster: Listener, options: WriteOptions) -> Json:
    answer: Json = asyncio.run(WRITES[name](CheckedApi(cluster), options))
    return answer


@pytest.mark.parametrize("name", WRITES)
def test_a_dry_run_is_one_in_the_cluster_and_a_permission_is_asked_there(name: str) -> None:
    """Else what was only to be tried would be done, or be done after it was forbidden."""
    cluster = Listener(STORED)
    options: WriteOptions = {"dry_run": True, "permission": lambda: None}
    write_by(name, cluster, options)
    assert cluster.options == options


def test_what_a_deletion_depends_on_is_asked_in_the_cluster() -> None:
    cluster = Listener({})
    asyncio.run(CheckedApi(cluster).delete(MAP, uid="u1", resource_version="7", dry_run=True))
    assert cluster.options == {"uid": "u1", "resource_version": "7", "dry_run": True}


@pytest.mark.parametrize("name", WRITES)
def test_only_what_is_not_stored_may_have_no_version(name: str) -> None:
    cluster = Listener(UNSTORED)
    assert write_by(name, cluster, {"dry_run": True}) == UNSTORED
    for stored in ({}, {"dry_run": False}):
        with pytest.raises(ServerFailed):
            write_by(name, cluster, stored)
