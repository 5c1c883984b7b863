"""How a HorizontalPodAutoscaler is frozen and comes free again, as JSON Patches. Pure.

Frozen it scales nothing whatever it measures: both its policies are Disabled, and its minimum is 1, because it raises a
workload to a higher one in spite of them; a workload at 0 it leaves alone by itself (`tests/conformance/
test_autoscalers.py`). Every patch tests UID and resourceVersion, so that one that lands late lands on nothing.

Source: Kubernetes, Horizontal Pod Autoscaling, "Configurable scaling behavior".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.replica_owners import find_owners
from controller.reasons import Code

#: Names the migration that has frozen it.
FROZEN_ANNOTATION = "sentinelaura.io/frozen-by"

_DISABLED = "Disabled"
_POLICIES = ("scaleUp", "scaleDown")
_ANNOTATION_PATH = "/metadata/annotations/" + FROZEN_ANNOTATION.replace("/", "~1")

Patch = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What freezing takes from an autoscaler, as it was; `behavior` is None where it had none."""

    uid: str
    minimum: int | None
    behavior: Mapping[str, Any] | None

    def encode(self) -> str:
        """Return it as a note of a journal holds it."""
        parts = {"uid": self.uid, "minimum": self.minimum, "behavior": self.behavior}
        return json.dumps(parts, separators=(",", ":"), sort_keys=True)


def read_bounds(body: Mapping[str, Any]) -> Bounds:
    """Return what freezing would take from an autoscaler."""
    spec, metadata = as_mapping(body.get("spec")), as_mapping(body.get("metadata"))
    behavior = spec.get("behavior")
    return Bounds(
        as_text(metadata.get("uid")) or "",
        spec.get("minReplicas"),
        behavior if isinstance(behavior, dict) else None,
    )


def decode_bounds(text: str) -> Bounds:
    """Read a note. Raises: ValueError for one that is none."""
    try:
        parts = json.loads(text)
        uid, minimum, behavior = parts["uid"], parts["minimum"], parts["behavior"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("no bounds of an autoscaler") from error
    is_number = minimum is None or (type(minimum) is int and minimum >= 0)
    if not (isinstance(uid, str) and is_number and (behavior is None or isinstance(behavior, dict))):
        raise ValueError("no bounds of an autoscaler")
    return Bounds(uid, minimum, behavior)


def find_owner(body: Mapping[str, Any]) -> str | None:
    """Return who would set an autoscaler back, in the words that stand there; None: nobody who can be seen."""
    metadata = as_mapping(body.get("metadata"))
    for reference in map(as_mapping, as_list(metadata.get("ownerReferences"))):
        return f"{reference.get('kind')} {reference.get('name')}"
    reason = next(find_owners(metadata), None)
    if reason is None:
        return None
    return str(reason["tool"]) if reason.code is Code.GITOPS else str(reason)


def is_frozen_by(body: Mapping[str, Any], migration_id: str) -> bool:
    """Whether this migration has frozen it."""
    annotations = as_mapping(as_mapping(body.get("metadata")).get("annotations"))
    return annotations.get(FROZEN_ANNOTATION) == migration_id


def build_freeze(body: Mapping[str, Any], migration_id: str) -> Patch:
    """Return the patch that freezes an autoscaler."""
    behavior = as_mapping(as_mapping(body.get("spec")).get("behavior"))
    frozen = {policy: {**as_mapping(behavior.get(policy)), "selectPolicy": _DISABLED} for policy in _POLICIES}
    return [
        *_build_mark(body, migration_id),
        {"op": "add", "path": "/spec/behavior", "value": {**behavior, **frozen}},
        {"op": "add", "path": "/spec/minReplicas", "value": 1},
    ]


def build_seal(body: Mapping[str, Any], migration_id: str) -> Patch:
    """Return the patch that only marks it: what is still on its way was made for an older resourceVersion."""
    return _build_mark(body, migration_id)


def build_thaw(body: Mapping[str, Any], bounds: Bounds) -> Patch:
    """Return the patch that takes the mark off and gives it back what it had.

    What its owner has changed meanwhile is newer and stays: only what is still as freezing left it is put back.
    """
    patch: Patch = [*_build_tests(body), {"op": "remove", "path": _ANNOTATION_PATH}]
    if not _holds_still(body):
        return patch
    if bounds.behavior is None:
        patch.append({"op": "remove", "path": "/spec/behavior"})
    else:
        patch.append({"op": "replace", "path": "/spec/behavior", "value": bounds.behavior})
    if bounds.minimum is not None:
        patch.append({"op": "replace", "path": "/spec/minReplicas", "value": bounds.minimum})
    return patch


def restore(body: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
    """Return an autoscaler as its owner had it, for a copy of it."""
    spec = dict(as_mapping(body.get("spec")))
    if _holds_still(body):
        spec.pop("behavior", None)
        spec |= {} if bounds.behavior is None else {"behavior": bounds.behavior}
        spec |= {} if bounds.minimum is None else {"minReplicas": bounds.minimum}
    return {**body, "spec": spec}


def _holds_still(body: Mapping[str, Any]) -> bool:
    """Whether it is as freezing left it; API servers fill in the rest of a policy."""
    spec = as_mapping(body.get("spec"))
    behavior = as_mapping(spec.get("behavior"))
    disabled = all(as_mapping(behavior.get(policy)).get("selectPolicy") == _DISABLED for policy in _POLICIES)
    return disabled and spec.get("minReplicas") == 1


def _build_mark(body: Mapping[str, Any], migration_id: str) -> Patch:
    if not as_mapping(as_mapping(body.get("metadata")).get("annotations")):
        mark = {"op": "add", "path": "/metadata/annotations", "value": {FROZEN_ANNOTATION: migration_id}}
    else:
        mark = {"op": "add", "path": _ANNOTATION_PATH, "value": migration_id}
    return [*_build_tests(body), mark]


def _build_tests(body: Mapping[str, Any]) -> Patch:
    metadata = as_mapping(body.get("metadata"))
    return [
        {"op": "test", "path": f"/metadata/{name}", "value": metadata.get(name)}
        for name in ("uid", "resourceVersion")
    ]
