"""Horizontal pod autoscalers of a cluster without a metrics server: only their bounds act. Pure.

That is the part that fights a migration: a target between 0 and minReplicas is scaled back up, one at 0 is left
alone, and `behavior.selectPolicy: Disabled` does not hold back either. Of what can be scaled, only Deployments are
scaled here; an autoscaler of anything else reports that it found nothing.
"""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.conditions import set_condition
from controller.simulation.api.json_objects import JsonObject, get_path
from controller.simulation.api.managed_fields import FieldOwner, record_update
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.timestamps import format_time
from controller.simulation.controllers.loop import keys_of

SYNC_INTERVAL_S = 15.0
"""Between two looks at one autoscaler (the controller manager's default)."""
_SCALABLE = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})
"""The kinds of the group apps that have a scale."""
_OWNER = FieldOwner("kube-controller-manager", "Update", "apps/v1", "scale")


class AutoscalerLoop:
    name: ClassVar[str] = "autoscaler"
    reaction_s: ClassVar[float] = 0.1

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        return keys_of(event, kinds.AUTOSCALERS, "ADDED")

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        autoscaler = state.store.get(kinds.AUTOSCALERS, *key)
        if autoscaler is None:
            return None
        reference = autoscaler["spec"]["scaleTargetRef"]
        target = _find_target(state, key[0], reference)
        if target is None:
            self._report_missing(state, autoscaler, _tell_missing(reference), now)
            return now + SYNC_INTERVAL_S
        spec = autoscaler["spec"]
        current: int = target["spec"]["replicas"]
        desired = current if not current else max(spec["minReplicas"], min(current, spec["maxReplicas"]))
        if desired != current:
            self._rescale(state, autoscaler, target, desired, now)
        status = _compute_status(autoscaler, current, desired, now)
        state.update_status(kinds.AUTOSCALERS, autoscaler, status)
        return now + SYNC_INTERVAL_S

    def _rescale(
        self, state: ClusterState, autoscaler: JsonObject, target: JsonObject, desired: int, now: float
    ) -> None:
        current = target["spec"]["replicas"]
        metadata = {**target["metadata"], "generation": target["metadata"]["generation"] + 1}
        scaled = {**target, "metadata": metadata, "spec": {**target["spec"], "replicas": desired}}
        state.store.put(kinds.DEPLOYMENTS, record_update(target, scaled, _OWNER, now))
        side = "below Spec.MinReplicas" if desired > current else "above Spec.MaxReplicas"
        message = f"New size: {desired}; reason: Current number of replicas {side}"
        state.record_event(autoscaler, "SuccessfulRescale", message, now, source="horizontal-pod-autoscaler")

    def _report_missing(self, state: ClusterState, autoscaler: JsonObject, missing: str, now: float) -> None:
        message = f"the HPA controller was unable to get the target's current scale: {missing}"
        old = get_path(autoscaler, "status", "conditions", default=[])
        conditions = set_condition(old, "AbleToScale", "False", "FailedGetScale", message, format_time(now))
        status = {"currentReplicas": 0, "desiredReplicas": 0, **(autoscaler.get("status") or {})}
        state.update_status(kinds.AUTOSCALERS, autoscaler, {**status, "conditions": conditions})


def _find_target(state: ClusterState, namespace: str, reference: JsonObject) -> JsonObject | None:
    """The Deployment that is meant; a namesake of another kind or group is not."""
    if (_group_of(reference), reference["kind"]) != ("apps", "Deployment"):
        return None
    return state.store.get(kinds.DEPLOYMENTS, namespace, reference["name"])


def _tell_missing(reference: JsonObject) -> str:
    kind, group, name = reference["kind"], _group_of(reference), reference["name"]
    if group == "apps" and kind in _SCALABLE:
        return f'{kind.lower()}s/scale.apps "{name}" not found'
    return (
        "unable to determine resource for scale target reference: "
        f'no matches for kind "{kind}" in group "{group}"'
    )


def _group_of(reference: JsonObject) -> str:
    """The API group of a reference; a version alone, or none, is the core group."""
    group, slash, _ = str(reference.get("apiVersion") or "").partition("/")
    return group if slash else ""


def _compute_status(autoscaler: JsonObject, current: int, desired: int, now: float) -> JsonObject:
    stamp = format_time(now)
    conditions = get_path(autoscaler, "status", "conditions", default=[])
    if current == 0:
        able = ("SucceededGetScale", "the HPA controller was able to get the target's current scale")
        active = ("ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
    elif desired != current:
        able = ("SucceededRescale", f"the HPA controller was able to update the target scale to {desired}")
        active = None
    else:
        able = ("SucceededGetScale", "the HPA controller was able to get the target's current scale")
        active = (
            "FailedGetResourceMetric",
            "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics "
            "for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the "
            "requested resource (get pods.metrics.k8s.io)",
        )
    conditions = set_condition(conditions, "AbleToScale", "True", *able, stamp)
    if active is not None:
        conditions = set_condition(conditions, "ScalingActive", "False", *active, stamp)
    status: JsonObject = {"currentReplicas": current, "desiredReplicas": desired, "conditions": conditions}
    last = stamp if desired != current else get_path(autoscaler, "status", "lastScaleTime")
    return {**status, "lastScaleTime": last} if last else status
