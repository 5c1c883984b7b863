"""The garbage collector: dependents go with their owner, before it or not at all, as the deletion asked. Pure."""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.deletion import FOREGROUND, ORPHAN, delete_object, finish_if_released
from controller.simulation.api.json_objects import (
    JsonObject,
    is_deleting,
    name_of,
    namespace_of,
    uid_of,
    with_path,
)
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.resource_kinds import ResourceKind

_OWNING_KINDS = (kinds.DEPLOYMENTS, kinds.REPLICA_SETS)
"""Kinds that own others here."""


class GarbageLoop:
    name: ClassVar[str] = "garbage"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        """Keyed by (namespace, UID of the owner), because an owner that is gone can only be known by its UID."""
        if event.kind in _OWNING_KINDS and (event.type == "DELETED" or is_deleting(event.current)):
            yield namespace_of(event.current), uid_of(event.current)
        if event.type in ("ADDED", "DELETED"):
            # A new dependent of an owner that is gone already; the last dependent that an owner waited for.
            for reference in event.current["metadata"].get("ownerReferences") or ():
                yield namespace_of(event.current), reference["uid"]

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        namespace, uid = key
        owner = _find_by_uid(state, namespace, uid)
        if owner is None:
            for kind, one in _dependents(state, namespace, uid):
                if not is_deleting(one):
                    delete_object(state, kind, one, now)
        elif is_deleting(owner[1]):
            self._end_owner(state, *owner, now)
        return None

    def _end_owner(self, state: ClusterState, kind: ResourceKind, owner: JsonObject, now: float) -> None:
        finalizers = owner["metadata"].get("finalizers") or []
        dependents = _dependents(state, namespace_of(owner), uid_of(owner))
        if FOREGROUND in finalizers:
            for dependent_kind, one in dependents:
                if not is_deleting(one):
                    has_own = bool(_dependents(state, namespace_of(one), uid_of(one)))
                    delete_object(
                        state, dependent_kind, one, now, policy="Foreground" if has_own else "Background"
                    )
            if not dependents:
                _drop_finalizer(state, kind, owner, FOREGROUND)
        if ORPHAN in finalizers:
            for dependent_kind, one in dependents:
                kept = [ref for ref in one["metadata"]["ownerReferences"] if ref["uid"] != uid_of(owner)]
                state.store.put(dependent_kind, with_path(one, ("metadata", "ownerReferences"), kept))
            _drop_finalizer(state, kind, owner, ORPHAN)


def _drop_finalizer(state: ClusterState, kind: ResourceKind, owner: JsonObject, finalizer: str) -> None:
    kept = [one for one in owner["metadata"]["finalizers"] if one != finalizer]
    finish_if_released(state, kind, state.store.put(kind, with_path(owner, ("metadata", "finalizers"), kept)))


def _find_by_uid(state: ClusterState, namespace: str, uid: str) -> tuple[ResourceKind, JsonObject] | None:
    for kind in _OWNING_KINDS:
        for one in state.store.list_of(kind, namespace):
            if uid_of(one) == uid:
                return kind, one
    return None


def _dependents(state: ClusterState, namespace: str, uid: str) -> list[tuple[ResourceKind, JsonObject]]:
    return [
        (kind, one)
        for kind in kinds.ALL_KINDS
        if kind.namespaced
        for one in state.store.list_of(kind, namespace)
        if any(reference["uid"] == uid for reference in one["metadata"].get("ownerReferences") or ())
        and state.store.get(kind, namespace, name_of(one)) is not None
    ]
