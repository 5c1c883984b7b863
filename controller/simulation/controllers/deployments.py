"""Deployments: rollouts, scaling and the status that says how far they are. Pure.

Behaves as kube-controller-manager's deployment controller, whose status fields and conditions the migration protocol
reads: counts that are zero are left out, `observedGeneration` trails `generation`, conditions name their reason.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import NAME_ALPHABET, ClusterState, owner_reference
from controller.simulation.api.json_objects import (
    JsonObject,
    get_path,
    is_deleting,
    name_of,
    namespace_of,
    without_path,
)
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.controllers import deployment_scaling as scaling
from controller.simulation.controllers.deployment_status import compute_status, progress_deadline_at
from controller.simulation.controllers.loop import keys_of, keys_of_owners

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, *scaling.SCALE_ANNOTATIONS)


class DeploymentLoop:
    name: ClassVar[str] = "deployment"
    reaction_s: ClassVar[float] = 0.02

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        value = event.current
        yield from keys_of(event, kinds.DEPLOYMENTS, "ADDED", "MODIFIED")
        if event.kind is kinds.REPLICA_SETS:
            yield from keys_of_owners(value, "Deployment")
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
        if newest is not None:
            newest = _renew(state, deployment, newest, old)
        paused = get_path(deployment, "spec", "paused", default=False)
        if paused or scaling.needs_scaling(deployment, [newest, *old] if newest else old):
            scaling.scale_proportionally(state, deployment, newest, old, now)
        elif _recreates(deployment):
            _recreate(state, deployment, newest, old, now)
        else:
            newest = newest or _create_replica_set(state, deployment, old, now)
            scaling.roll_forward(state, deployment, newest, old, now)
            _drop_old_revisions(state, deployment, old)


def _recreate(
    state: ClusterState,
    deployment: JsonObject,
    newest: JsonObject | None,
    old: list[JsonObject],
    now: float,
) -> None:
    """One step of a rollout that ends every old pod before it begins with the new ones."""
    if scaling.scale_down_all(state, deployment, old, now) or _has_pods(state, old):
        return
    newest = newest or _create_replica_set(state, deployment, old, now)
    scaling.scale_to(state, deployment, newest, deployment["spec"]["replicas"], now)
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
    revision = 1 + max((_revision_of(one) for one in old), default=0)
    replicas = scaling.initial_replicas(deployment, old)
    created = state.create(kinds.REPLICA_SETS, {
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}", "namespace": namespace_of(deployment),
            "labels": template_labels, "ownerReferences": [owner_reference(deployment)],
            "annotations": {
                **_copied_annotations(deployment), REVISION: str(revision), **scaling.scale_annotations(deployment),
            },
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


def _renew(
    state: ClusterState, deployment: JsonObject, newest: JsonObject, old: list[JsonObject]
) -> JsonObject:
    """Hand on what may change without a new template: annotations, minReadySeconds, the revision after an undo."""
    latest = max((_revision_of(one) for one in old), default=0)
    revision = _revision_of(newest) if _revision_of(newest) > latest else latest + 1
    before = get_path(newest, "metadata", "annotations", default={})
    annotations = {**before, **_copied_annotations(deployment), REVISION: str(revision)}
    renewed = {**newest, "metadata": {**newest["metadata"], "annotations": annotations}}
    _annotate_revision(state, deployment, revision)
    seconds = deployment["spec"].get("minReadySeconds", 0)
    if newest["spec"].get("minReadySeconds", 0) != seconds:
        return state.update_spec(kinds.REPLICA_SETS, renewed, ("minReadySeconds",), seconds)
    return state.store.put(kinds.REPLICA_SETS, renewed)


def _copied_annotations(deployment: JsonObject) -> dict[str, str]:
    annotations = get_path(deployment, "metadata", "annotations", default={})
    return {key: text for key, text in annotations.items() if key not in _NOT_COPIED}


def _revision_of(replica_set: JsonObject) -> int:
    return int(get_path(replica_set, "metadata", "annotations", REVISION, default="0"))


def _annotate_revision(state: ClusterState, deployment: JsonObject, revision: int) -> None:
    present = state.store.get(kinds.DEPLOYMENTS, namespace_of(deployment), name_of(deployment)) or deployment
    annotations = {**get_path(present, "metadata", "annotations", default={}), REVISION: str(revision)}
    changed = {**present, "metadata": {**present["metadata"], "annotations": annotations}}
    state.store.put(kinds.DEPLOYMENTS, changed)


def _drop_old_revisions(state: ClusterState, deployment: JsonObject, old: list[JsonObject]) -> None:
    idle = [
        one
        for one in old
        if not one["spec"]["replicas"] and not get_path(one, "status", "replicas", default=0)
    ]
    idle.sort(key=_revision_of)
    excess = len(idle) - deployment["spec"]["revisionHistoryLimit"]
    for replica_set in idle[: max(0, excess)]:
        state.store.remove(kinds.REPLICA_SETS, namespace_of(replica_set), name_of(replica_set))


def template_hash(template: JsonObject) -> str:
    """Ten letters that identify a pod template, as `pod-template-hash` does (the digest itself is our own)."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(NAME_ALPHABET[byte % len(NAME_ALPHABET)] for byte in digest[:10])
