"""The fence: an annotation on both Deployments that every write tests and changes together with the replicas.
Pure.

It reads `<migration id>:<epoch>:<operation>`. The API server applies a JSON Patch completely or not at all,
so a request that was overtaken (by a newer epoch, or by the seal of a change of direction) fails on its
`test`, however late it lands. A Lease alone does not promise that: it says who should write, not who does
(client-go's leader election says the same).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

FENCE_ANNOTATION = "sentinelaura.io/fence"
#: On every object that we create: the migration that created it. How a crash between creating and journaling
#: is mended.
MIGRATION_LABEL = "sentinelaura.io/migration"

_FENCE_POINTER = "/metadata/annotations/" + FENCE_ANNOTATION.replace("/", "~1")
_FENCE_FORMAT = re.compile(
    r"(?P<migration_id>[A-Za-z0-9-]{1,63}):(?P<epoch>[0-9]{1,18}):(?P<operation>[A-Za-z0-9-]{1,32})"
)
_NUMBER = re.compile(r"[0-9]{1,18}")

#: An epoch is a Lease's leaseTransitions, which the API server keeps as an int32.
MAX_EPOCH = 2**31 - 1

#: Every takeover raises the epoch by one or two and takes half a minute. A fence that is further ahead than this was
#: written by nobody who led.
MAX_LEAD = 1_000_000

JsonPatch = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fence:
    """Whose write an object has seen last. `operation` is unique for every write of a migration."""

    migration_id: str
    epoch: int
    operation: str

    def __str__(self) -> str:
        return f"{self.migration_id}:{self.epoch}:{self.operation}"

    @property
    def order(self) -> tuple[int, int]:
        """Where it comes among the fences of its migration: by epoch, then by the number of its operation."""
        number = _NUMBER.match(self.operation)
        return self.epoch, int(number[0]) if number else 0

    @classmethod
    def parse(cls, text: str) -> Fence:
        """Parse what `str` writes. Raises: ValueError for anything else."""
        match = _FENCE_FORMAT.fullmatch(text)
        if match is None or int(match["epoch"]) > MAX_EPOCH:
            raise ValueError(f"{text[:80]!r} is not a fence")
        return cls(match["migration_id"], int(match["epoch"]), match["operation"])


def parse_fence_of(migration_id: str, text: str | None) -> Fence | None:
    """Return the fence of an annotation where it is one of this migration."""
    try:
        fence = Fence.parse(text or "")
    except ValueError:
        return None
    return fence if fence.migration_id == migration_id else None


def parse_epoch(text: str | None, known: int) -> int:
    """Return the epoch of a fence annotation; 0 where there is none, where it is none of ours, or where it is further
    ahead of a known epoch than any instance could be.
    """
    try:
        epoch = Fence.parse(text).epoch if text is not None else 0
    except ValueError:
        return 0
    return epoch if epoch <= known + MAX_LEAD else 0


def build_first_fence(uid: str, resource_version: str, fence: Fence) -> dict[str, Any]:
    """Return the merge patch that places a fence where none is; refused with 409 if the object changed
    meanwhile.

    Not a JSON Patch: that would have to add the whole map of annotations where there is none, and could wipe
    the user's.
    """
    annotations = {FENCE_ANNOTATION: str(fence)}
    return {"metadata": {"uid": uid, "resourceVersion": resource_version, "annotations": annotations}}


def build_fence_change(uid: str, old: str, new: Fence) -> JsonPatch:
    """Return the JSON Patch that changes the fence and nothing else."""
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": _FENCE_POINTER, "value": old},
        {"op": "replace", "path": _FENCE_POINTER, "value": str(new)},
    ]


def build_fence_removal(uid: str, old: str) -> JsonPatch:
    """Return the JSON Patch that takes the fence off and nothing else. Every write that tests a fence fails from then
    on, as it does on another one.
    """
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": _FENCE_POINTER, "value": old},
        {"op": "remove", "path": _FENCE_POINTER},
    ]


def build_scale(
    uid: str, old_fence: str, new_fence: Fence, old_replicas: int, new_replicas: int
) -> JsonPatch:
    """Return the JSON Patch that sets the replicas, if identity, fence and replicas are still as they were read."""
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": _FENCE_POINTER, "value": old_fence},
        {"op": "test", "path": "/spec/replicas", "value": old_replicas},
        {"op": "replace", "path": _FENCE_POINTER, "value": str(new_fence)},
        {"op": "replace", "path": "/spec/replicas", "value": new_replicas},
    ]
