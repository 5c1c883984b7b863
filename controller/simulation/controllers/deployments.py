"""Deployments: rollouts, scaling and the status that says how far they are. Pure.

Behaves as kube-controller-manager's deployment controller, whose status fields and conditions the migration protocol
reads: counts that are zero are left out, `observedGeneration` trails `generation`, conditions name their reason.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import (
    JsonObject,
    get_path,
    is_deleting,
    name_of,
    namespace_of,
    without_path,
)
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.cluster_state import NAME_ALPHABET, ClusterState, owner_reference
from controller.simulation.controllers import deployment_scaling as scaling
from controller.simulation.controllers.deployment_status import compute_status, progress_deadline_at

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, *scaling.SCALE_ANNOTATIONS)


class DeploymentLoop:
    name: ClassVar[str] = "deployment"
    reaction_s: ClassVar[float] = 0.02

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        value = event.current
        if event.kind is kinds.DEPLOYMENTS and event.type != "DELETED":
            yield namespace_of(value), name_of(value)
        if event.kind is kinds.REPLICA_SETS:
            for reference in value["metadata"].get("ownerReferences") or ():
                if reference["kind"] == "Deployment":
                    yield namespace_of(value), reference["name"]
        if event.kind is kinds.PODS and event.type == "DELETED":
            # A Recreate rollout waits for the last old pod to be gone, not only for its replica set to be small.
            for reference in value["metadata"].get("ownerReferences") or ():
                owner = state.store.get(kinds.REPLICA_SETS, namespace_of(value), reference["name"])
                for upper in get_path(owner, "metadata", "ownerReferences", default=()):
                    yield namespace_of(value), upper["name"]

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        deployment = state.store.get(kinds.DEPLOYMENTS, *key)
        if deployment is None:
            return None
        if not is_deleting(deployment):
            self._reconcile_replica_sets(state, deployment, now)
        deployment = state.store.get(kinds.DEPLOYMENTS, *key) or deployment
        newest, _ = _split_replica_sets(state, deployment)
        status = compute_status(deployment, newest, state.owned_by(kinds.REPLICA_SETS, deployment), now)
        state.update_status(kinds.DEPLOYMENTS, deployment, status)
        return progress_deadline_at(deployment, status)

    def _reconcile_replica_sets(self, state: ClusterState, deployment: JsonObject, now: float) -> None:
        newest, old = _split_replica_sets(state, deployment)
        paused = get_path(deployment, "spec", "paused", default=False)
        if paused or scaling.needs_scaling(deployment, [newest, *old] if newest else old):
            scaling.scale_proportionally(state, deployment, newest, old, now)
            return
        if newest is None:
            if _recreates(deployment) and (
                scaling.scale_down_all(state, deployment, old, now) or _has_pods(state, old)
            ):
                return
            newest = _create_replica_set(state, deployment, old, now)
        if _recreates(deployment):
            if not scaling.scale_down_all(state, deployment, old, now) and not _has_pods(state, old):
                scaling.scale_to(state, deployment, newest, deployment["spec"]["replicas"], now)
        else:
            scaling.roll_forward(state, deployment, newest, old, now)
        _drop_old_revisions(state, deployment, old)


def _recreates(deployment: JsonObject) -> bool:
    return bool(deployment["spec"]["strategy"]["type"] == "Recreate")


def _has_pods(state: ClusterState, replica_sets: list[JsonObject]) -> bool:
    return any(state.owned_by(kinds.PODS, one) for one in replica_sets)


def _split_replica_sets(
    state: ClusterState, deployment: JsonObject
) -> tuple[JsonObject | None, list[JsonObject]]:
    """The replica set of the present template, if there is one yet, and all others."""
    newest: JsonObject | None = None
    old = []
    for replica_set in state.owned_by(kinds.REPLICA_SETS, deployment):
        template = without_path(replica_set["spec"]["template"], ("metadata", "labels", HASH_LABEL))
        if newest is None and template == deployment["spec"]["template"]:
            newest = replica_set
        else:
            old.append(replica_set)
    return newest, old


def _create_replica_set(
    state: ClusterState, deployment: JsonObject, old: list[JsonObject], now: float
) -> JsonObject:
    spec = deployment["spec"]
    digest = template_hash(spec["template"])
    template_labels = {**get_path(spec["template"], "metadata", "labels", default={}), HASH_LABEL: digest}
    template = {
        **spec["template"],
        "metadata": {**spec["template"].get("metadata", {}), "labels": template_labels},
    }
    selector = {
        **spec["selector"],
        "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH_LABEL: digest},
    }
    revision = 1 + max(
        (int(get_path(one, "metadata", "annotations", REVISION, default="0")) for one in old), default=0
    )
    annotations = {
        key: text
        for key, text in get_path(deployment, "metadata", "annotations", default={}).items()
        if key not in _NOT_COPIED
    }
    replicas = scaling.initial_replicas(deployment, old)
    created = state.create(kinds.REPLICA_SETS, {
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}", "namespace": namespace_of(deployment),
            "labels": template_labels, "ownerReferences": [owner_reference(deployment)],
            "annotations": {**annotations, REVISION: str(revision), **scaling.scale_annotations(deployment)},
        },
        "spec": {
            "replicas": replicas, "selector": selector, "template": template,
            **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
        },
        "status": {"replicas": 0},
    }, now)  # fmt: skip
    _annotate_revision(state, deployment, revision)
    if replicas:
        message = f"Scaled up replica set {name_of(created)} from 0 to {replicas}"
        state.record_event(deployment, "ScalingReplicaSet", message, now, source="deployment-controller")
    return created


def _annotate_revision(state: ClusterState, deployment: JsonObject, revision: int) -> None:
    annotations = {**get_path(deployment, "metadata", "annotations", default={}), REVISION: str(revision)}
    changed = {**deployment, "metadata": {**deployment["metadata"], "annotations": annotations}}
    state.store.put(kinds.DEPLOYMENTS, changed)


def _drop_old_revisions(state: ClusterState, deployment: JsonObject, old: list[JsonObject]) -> None:
    idle = [
        one
        for one in old
        if not one["spec"]["replicas"] and not get_path(one, "status", "replicas", default=0)
    ]
    idle.sort(key=lambda one: int(get_path(one, "metadata", "annotations", REVISION, default="0")))
    excess = len(idle) - deployment["spec"]["revisionHistoryLimit"]
    for replica_set in idle[: max(0, excess)]:
        state.store.remove(kinds.REPLICA_SETS, namespace_of(replica_set), name_of(replica_set))


def template_hash(template: JsonObject) -> str:
    """Ten letters that identify a pod template, as `pod-template-hash` does (the digest itself is our own)."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(NAME_ALPHABET[byte % len(NAME_ALPHABET)] for byte in digest[:10])
