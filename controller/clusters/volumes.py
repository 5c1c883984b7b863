"""Which volumes of a pod keep something that a move would have to bring along. Pure.

A closed list of the kinds of the Kubernetes API (`core/v1 Volume`, all that a version from 1.0 to 1.37 has known). What
is not on it may keep anything: it is not taken for empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text

#: Of which a new pod begins with the same, wherever it starts: its own scratch space, and copies of objects and images.
KEEPING_NOTHING = frozenset(
    ("configMap", "downwardAPI", "emptyDir", "gitRepo", "image", "projected", "secret"),
)

#: Disks that only nodes of one place can attach, most of them one node at a time.
DISKS_OF_A_PLACE = frozenset(
    (
        *("awsElasticBlockStore", "azureDisk", "cinder", "fc", "flocker", "gcePersistentDisk", "iscsi"),
        *("photonPersistentDisk", "portworxVolume", "rbd", "scaleIO", "storageos", "vsphereVolume"),
    )
)

#: What is kept on a server that pods of several clusters may reach.
FILE_SYSTEMS = frozenset(("azureFile", "cephfs", "glusterfs", "nfs", "quobyte"))

#: What else keeps something: claims, and the node's own. What `csi` and `flexVolume` do is their driver's affair.
_KEEPING = DISKS_OF_A_PLACE | FILE_SYSTEMS | {"ephemeral", "hostPath", "local", "persistentVolumeClaim"}
_UNKNOWN = frozenset(("csi", "flexVolume"))

#: Every kind that is known.
KINDS = KEEPING_NOTHING | _KEEPING | _UNKNOWN

#: Volumes of one pod that are named. Arbitrary: a sentence shows fewer.
MOST_NAMED = 8


def find_kind(volume: Mapping[str, Any]) -> str | None:
    """Return the kind of a volume; None where it is none of the list, or more than one."""
    found = [name for name in volume if name != "name"]
    return found[0] if len(found) == 1 and found[0] in KINDS else None


def name_keeping(pod: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the volumes that keep something or may, each as `NAME (KIND)`; None where it is no spec of a pod."""
    volumes = pod.get("volumes")
    if not as_list(pod.get("containers")) or not (volumes is None or isinstance(volumes, list)):
        return None
    return tuple(islice(_name_keeping(map(as_mapping, volumes or ())), MOST_NAMED))


def _name_keeping(volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for volume in volumes:
        kind = find_kind(volume)
        if kind not in KEEPING_NOTHING:
            yield f"{as_text(volume.get('name')) or '?'} ({kind or 'a kind that is not known'})"
