"""Namespaces: what each is born with, and how one that is deleted empties itself. Pure."""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.deletion import delete_object
from controller.simulation.api.json_objects import is_deleting, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent

RETRY_S = 1.0
"""Between two looks at whether an ending namespace is empty."""


class NamespaceLoop:
    name: ClassVar[str] = "namespace"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.NAMESPACES and event.type != "DELETED":
            yield "", name_of(event.current)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        namespace = state.store.get(kinds.NAMESPACES, *key)
        if namespace is None:
            return None
        if is_deleting(namespace):
            return self._empty(state, name_of(namespace), now)
        self._furnish(state, name_of(namespace), now)
        return None

    def _furnish(self, state: ClusterState, namespace: str, now: float) -> None:
        if state.store.get(kinds.SERVICE_ACCOUNTS, namespace, "default") is None:
            account = {"metadata": {"name": "default", "namespace": namespace}}
            state.create(kinds.SERVICE_ACCOUNTS, account, now)
        if state.store.get(kinds.CONFIG_MAPS, namespace, "kube-root-ca.crt") is None:
            root = {"metadata": {"name": "kube-root-ca.crt", "namespace": namespace}, "data": {"ca.crt": ""}}
            state.create(kinds.CONFIG_MAPS, root, now)

    def _empty(self, state: ClusterState, namespace: str, now: float) -> float | None:
        contents = [
            (kind, one)
            for kind in kinds.ALL_KINDS
            if kind.namespaced
            for one in state.store.list_of(kind, namespace)
        ]
        for kind, one in contents:
            if not is_deleting(one) and state.store.get(kind, namespace_of(one), name_of(one)) is not None:
                delete_object(state, kind, one, now)
        if contents:
            return now + RETRY_S
        state.store.remove(kinds.NAMESPACES, "", namespace)
        return None
