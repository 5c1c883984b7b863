"""What has been seen of one cluster so far, kept up to date by lists and events. Pure: no I/O; times are arguments.

Mutable, owned by one watch; everybody else gets the frozen Cluster that `build` returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.clusters.autoscaler_parsing import find_scaled_deployment
from controller.clusters.discovery import declare_node, find_place, parse_node
from controller.clusters.fleet import Cluster, Health, Node, Resources, Workload
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.resource_parsing import compute_reserved
from controller.clusters.settings import ContextOverride
from controller.clusters.workload_parsing import parse_workload
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Phases in which a pod no longer takes room.
_FINISHED_PHASES = frozenset({"Succeeded", "Failed"})


class WatchedKind(StrEnum):
    """The resources that a picture is made of."""

    NODES = "nodes"
    DEPLOYMENTS = "deployments"
    PODS = "pods"
    AUTOSCALERS = "horizontalpodautoscalers"


@dataclass(frozen=True, slots=True)
class PodRoom:
    """The room that a pod takes; `node` is None while it waits for one."""

    node: str | None
    requests: Resources


#: (namespace, name) -> what was read of the object.
_Objects = dict[tuple[str, str], Any]


class ClusterRecord:
    """One cluster as seen so far."""

    def __init__(self, context: str, override: ContextOverride | None = None) -> None:
        self.context = context
        self.health = Health.CONNECTING
        self.reason: Reason | None = Code.CONTEXT_CONNECTING.because(context=context)
        self.uid: str | None = None
        self.observed_at: float | None = None
        self._override = override or ContextOverride()
        #: kind -> its objects; a kind that was never listed is missing.
        self._objects: dict[WatchedKind, _Objects] = {}
        #: Whether the server does not let us list its autoscalers: the picture is whole without them.
        self._lacks_autoscalers = False
        #: What the configuration says that the nodes are, where they may not be listed; None: it does not.
        self.declared_node = declare_node(self._override)
        self._has_declared_nodes = False

    def has_listed(self, kind: WatchedKind) -> bool:
        """Whether the kind was listed at least once."""
        return kind in self._objects

    def take_declared_nodes(self) -> bool:
        """Believe the configuration instead of a list of nodes; False where it does not say enough."""
        if self.declared_node is None:
            return False
        self._objects[WatchedKind.NODES] = {("", self.declared_node.name): self.declared_node}
        self._has_declared_nodes = True
        return True

    def go_without_autoscalers(self) -> None:
        """Take them for unknown: what was seen of them before may have changed since."""
        self._objects.pop(WatchedKind.AUTOSCALERS, None)
        self._lacks_autoscalers = True

    def read_object(self, kind: WatchedKind, body: Mapping[str, Any]) -> tuple[tuple[str, str], Any]:
        """Read one object of a list or an event: its key and what of it is kept (None: nothing)."""
        metadata = as_mapping(body.get("metadata"))
        key = (as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or "")
        if kind is WatchedKind.NODES:
            return key, parse_node(body, self._override)
        if kind is WatchedKind.DEPLOYMENTS:
            return key, parse_workload(self.context, body)
        if kind is WatchedKind.AUTOSCALERS:
            return key, find_scaled_deployment(body)
        return key, _parse_pod_room(body)

    def replace_all(self, kind: WatchedKind, objects: Iterable[tuple[tuple[str, str], Any]]) -> bool:
        """Take a complete list; returns whether it differs from what was known."""
        fresh = {key: value for key, value in objects if value is not None}
        if kind is WatchedKind.NODES:
            self._has_declared_nodes = False
        if kind is WatchedKind.AUTOSCALERS:
            self._lacks_autoscalers = False
        changed = fresh != self._objects.get(kind)
        self._objects[kind] = fresh
        return changed

    def apply_event(self, kind: WatchedKind, event_type: str, body: Mapping[str, Any]) -> bool:
        """Take one watch event; returns whether anything that is kept has changed."""
        objects = self._objects.setdefault(kind, {})
        key, value = self.read_object(kind, body)
        if event_type == "DELETED" or value is None:
            return objects.pop(key, None) is not None
        changed: bool = objects.get(key) != value
        objects[key] = value
        return changed

    def forget(self) -> None:
        """Drop everything: another cluster has taken this one's place."""
        self._objects.clear()
        self._lacks_autoscalers = False
        self.observed_at = None

    def build(self) -> Cluster:
        """The cluster at this moment, as a frozen value."""
        nodes: list[Node] = sorted(
            self._objects.get(WatchedKind.NODES, {}).values(), key=lambda node: node.name
        )
        workloads: list[Workload] = sorted(
            self._objects.get(WatchedKind.DEPLOYMENTS, {}).values(), key=lambda workload: workload.key
        )
        place = find_place(nodes, self._override)
        return Cluster(
            context=self.context,
            health=self.health,
            reason=self.reason,
            uid=self.uid,
            provider=place.provider,
            region=place.region,
            nodes=tuple(nodes),
            workloads=tuple(workloads),
            free=self._compute_free(nodes),
            observed_at=self.observed_at,
            autoscalers=self._find_autoscalers(),
            is_complete=all(
                self.has_listed(kind) or (kind is WatchedKind.AUTOSCALERS and self._lacks_autoscalers)
                for kind in WatchedKind
            ),
        )

    def _find_autoscalers(self) -> dict[tuple[str, str], str] | None:
        """(namespace, Deployment) -> the autoscaler that scales it, of several the first by name; None: not known."""
        autoscalers: dict[tuple[str, str], str] | None = self._objects.get(WatchedKind.AUTOSCALERS)
        if autoscalers is None:
            return None
        listed = sorted(autoscalers.items(), reverse=True)
        return {(namespace, deployment): name for (namespace, name), deployment in listed}

    def _compute_free(self, nodes: list[Node]) -> Resources | None:
        """Allocatable less requests over the nodes that take pods; pods that wait for a node count against it.

        None while nodes or pods are unknown, or where only one namespace's pods can be seen.
        """
        pods = self._objects.get(WatchedKind.PODS)
        sees_all = self.has_listed(WatchedKind.NODES) and not self._has_declared_nodes
        if pods is None or not sees_all or self._override.namespace is not None:
            return None
        open_nodes = {node.name: node.allocatable for node in nodes if node.ready and node.schedulable}
        cpu = sum(room.cpu_cores for room in open_nodes.values())
        memory = sum(room.memory_gib for room in open_nodes.values())
        for pod in pods.values():
            if pod.node is None or pod.node in open_nodes:
                cpu -= pod.requests.cpu_cores
                memory -= pod.requests.memory_gib
        # Rounded, because sums of floats leave crumbs that would look like changes.
        return Resources(max(0.0, round(cpu, 6)), max(0.0, round(memory, 6)))


def _parse_pod_room(body: Mapping[str, Any]) -> PodRoom | None:
    """The room that a pod takes; None where it has finished."""
    if as_mapping(body.get("status")).get("phase") in _FINISHED_PHASES:
        return None
    spec = as_mapping(body.get("spec"))
    return PodRoom(as_text(spec.get("nodeName")), compute_reserved(spec))
