"""Resource quotas: how much of each is used, as status. Pure. The refusal itself is admission's."""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.admission import used_in_namespace
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import get_path, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.quantities import format_quantity


class QuotaLoop:
    name: ClassVar[str] = "quota"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.RESOURCE_QUOTAS and event.type == "DELETED":
            return
        if event.kind is kinds.RESOURCE_QUOTAS or event.type in ("ADDED", "DELETED"):
            for quota in state.store.list_of(kinds.RESOURCE_QUOTAS, namespace_of(event.current)):
                yield namespace_of(quota), name_of(quota)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        quota = state.store.get(kinds.RESOURCE_QUOTAS, *key)
        if quota is not None:
            hard = get_path(quota, "spec", "hard", default={})
            used = used_in_namespace(state, key[0], tuple(hard))
            status = {"hard": hard, "used": {name: format_quantity(amount) for name, amount in used.items()}}
            state.update_status(kinds.RESOURCE_QUOTAS, quota, status)
        return None
