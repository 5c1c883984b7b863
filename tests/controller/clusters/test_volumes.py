"""Which volumes keep something: a closed list, and what is not on it may keep anything."""

from __future__ import annotations

import pytest

from controller.clusters.volumes import KEEPING_NOTHING, KINDS, MOST_NAMED, name_keeping
from tests.controller.clusters.objects import Json

#: Of `core/v1 Volume` as Kubernetes 1.36 serves it, beside `name`.
SERVED = frozenset(
    (
        *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi"),
        *("downwardAPI", "emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk"),
        *("gitRepo", "glusterfs", "hostPath", "image", "iscsi", "nfs", "persistentVolumeClaim"),
        *("photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret"),
        *("storageos", "vsphereVolume"),
    )
)


def pod(*volumes: object) -> Json:
    return {"containers": [{"name": "main"}], "volumes": list(volumes)}


def test_every_kind_that_kubernetes_serves_is_on_the_list() -> None:
    assert SERVED <= KINDS


@pytest.mark.parametrize("kind", sorted(KEEPING_NOTHING))
def test_scratch_space_and_copies_keep_nothing(kind: str) -> None:
    assert name_keeping(pod({"name": "v", kind: {}})) == ()


@pytest.mark.parametrize("kind", sorted(KINDS - KEEPING_NOTHING))
def test_any_other_kind_is_named(kind: str) -> None:
    assert name_keeping(pod({"name": "cache", "emptyDir": {}}, {"name": "v", kind: {}})) == (f"v ({kind})",)


@pytest.mark.parametrize(
    "volume", [{"name": "v", "quantumStore": {}}, {"name": "v"}, {"name": "v", "emptyDir": {}, "csi": {}}]
)
def test_what_is_not_understood_may_keep_anything(volume: Json) -> None:
    assert name_keeping(pod(volume)) == ("v (a kind that is not known)",)


def test_a_volume_that_is_no_object_may_keep_anything() -> None:
    assert name_keeping(pod(7)) == ("? (a kind that is not known)",)


@pytest.mark.parametrize("spec", [{}, {"containers": []}, {"containers": [{}], "volumes": {"name": "v"}}])
def test_of_what_is_no_pod_nothing_is_known(spec: Json) -> None:
    assert name_keeping(spec) is None


def test_a_pod_without_volumes_keeps_nothing() -> None:
    assert name_keeping({"containers": [{"name": "main"}]}) == ()


def test_of_a_thousand_volumes_few_are_remembered() -> None:
    named = name_keeping(pod(*({"name": f"v{n}", "nfs": {}} for n in range(1000))))
    assert named is not None
    assert len(named) == MOST_NAMED
