"""PodDisruptionBudgets: how many pods may be disrupted now, as status. Pure."""

import math
from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.conditions import set_condition
from controller.simulation.api.json_objects import JsonObject, get_path, labels_of, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.pods import is_active, ready_since
from controller.simulation.api.selectors import matches_selector
from controller.simulation.api.timestamps import format_time


class DisruptionBudgetLoop:
    name: ClassVar[str] = "disruption-budget"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.DISRUPTION_BUDGETS and event.type != "DELETED":
            yield namespace_of(event.current), name_of(event.current)
        if event.kind in (kinds.PODS, kinds.DEPLOYMENTS):
            for budget in state.store.list_of(kinds.DISRUPTION_BUDGETS, namespace_of(event.current)):
                yield namespace_of(budget), name_of(budget)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        budget = state.store.get(kinds.DISRUPTION_BUDGETS, *key)
        if budget is not None:
            state.update_status(kinds.DISRUPTION_BUDGETS, budget, _compute_status(state, budget, now))
        return None


def _compute_status(state: ClusterState, budget: JsonObject, now: float) -> JsonObject:
    selector = budget["spec"].get("selector")
    pods = [
        pod
        for pod in state.store.list_of(kinds.PODS, namespace_of(budget))
        if is_active(pod) and matches_selector(selector, labels_of(pod))
    ]
    expected = _expected_pods(state, namespace_of(budget), pods)
    desired = _desired_healthy(budget["spec"], expected)
    healthy = sum(ready_since(pod) is not None for pod in pods)
    allowed = max(0, healthy - desired) if expected else 0
    old = get_path(budget, "status", "conditions", default=[])
    enough, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    conditions = set_condition(
        old, "DisruptionAllowed", enough, reason, "", format_time(now),
        observedGeneration=budget["metadata"]["generation"],
    )  # fmt: skip
    return {
        "observedGeneration": budget["metadata"]["generation"],
        "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
        "conditions": [{"message": "", **one} for one in conditions],
    }  # fmt: skip


def _expected_pods(state: ClusterState, namespace: str, pods: list[JsonObject]) -> int:
    """What the pods' controllers want in all, which a percentage is a share of."""
    wanted: dict[str, int] = {}
    for replica_set in state.store.list_of(kinds.REPLICA_SETS, namespace):
        uid = replica_set["metadata"]["uid"]
        owned = [
            pod
            for pod in pods
            if any(ref["uid"] == uid for ref in pod["metadata"].get("ownerReferences") or ())
        ]
        if not owned:
            continue
        reference = (replica_set["metadata"].get("ownerReferences") or [{}])[0]
        deployment = state.store.get(kinds.DEPLOYMENTS, namespace, reference.get("name", ""))
        owner = deployment or replica_set
        wanted[owner["metadata"]["uid"]] = owner["spec"]["replicas"]
    return sum(wanted.values())


def _desired_healthy(spec: JsonObject, expected: int) -> int:
    if spec.get("maxUnavailable") is not None:
        return max(0, expected - _share(spec["maxUnavailable"], expected))
    return _share(spec.get("minAvailable", 0), expected)


def _share(amount: int | str, whole: int) -> int:
    """Percentages round up, for minAvailable and maxUnavailable alike."""
    return amount if isinstance(amount, int) else math.ceil(int(amount.rstrip("%")) * whole / 100)
