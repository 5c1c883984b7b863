"""What has been seen of one cluster so far, kept up to date by lists and events. Pure: no I/O; times are arguments.

Mutable, owned by one watch; everybody else gets the frozen Cluster that `build` returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controller.clusters.autoscaler_parsing import find_scaled_deployment
from controller.clusters.devices import NO_DEVICES, make_devices
from controller.clusters.discovery import declare_node, find_place, parse_node
from controller.clusters.fleet import (
    OTHER_KINDS,
    Cluster,
    Health,
    Hosts,
    Node,
    OtherWorkload,
    PodRequests,
    Resources,
    WatchedKind,
    Workload,
)
from controller.clusters.freshness import Freshness, compute_lives
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.node_pools import NodePool, declare_pools, infer_pools
from controller.clusters.placement import find_deployment, place_pods
from controller.clusters.pod_sizes import Hints, find_size
from controller.clusters.pod_terms import FINISHED_PHASES, parse_pod_shape
from controller.clusters.resource_parsing import read_requests
from controller.clusters.scopes import Scope, find_heartbeat, list_scopes
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.clusters.usage import UsageMemory
from controller.clusters.workload_parsing import parse_workload
from controller.reasons import Code
from controller.scheduling.domains import Crowd
from controller.scheduling.pods import PodShape
from oracle.foundation.reason import Reason

#: What runs pods beside Deployments and is named of one cluster. Arbitrary, more than a person reads.
MAX_OTHERS = 500

#: What free room follows from.
_ROOM = frozenset({WatchedKind.NODES, WatchedKind.PODS})


@dataclass(frozen=True, slots=True)
class PodRoom:
    """The room that a pod takes; `node` is None while it waits for one. `shape`: what other pods feel of it. `owner`:
    (kind, namespace, name) of what runs it and is no Deployment; None: something else does.
    """

    node: str | None
    requests: Resources
    shape: PodShape
    owner: tuple[str, str, str] | None = None
    #: The Deployment that it is of, in its own namespace; None: it is of none, or about to end.
    deployment: str | None = None
    #: Whether all that runs in it says how much CPU and memory it asks for.
    has_cpu: bool = True
    has_memory: bool = True

    @property
    def asked(self) -> PodRequests:
        """What it asks for, and whether that is all that it takes."""
        return PodRequests(self.requests, self.has_cpu, self.has_memory)


#: (namespace, name) -> what was read of the object.
_Objects = dict[tuple[str, str], Any]


class ClusterRecord:
    """One cluster as seen so far."""

    def __init__(
        self, context: str, override: ContextOverride | None = None, settings: FleetSettings | None = None
    ) -> None:
        self.context = context
        self.health = Health.CONNECTING
        self.reason: Reason | None = Code.CONTEXT_CONNECTING.because(context=context)
        self.uid: str | None = None
        self._override, self._settings = override or ContextOverride(), settings or FleetSettings()
        #: What pods were measured to use, of workloads that do not say what they ask for.
        self.usage = UsageMemory()
        #: All that has to be listed.
        self.scopes = list_scopes(self._override)
        #: scope -> its objects; what was never listed is missing.
        self._objects: dict[Scope, _Objects] = {}
        #: (namespace, name) -> a workload as it was read, and with where its pods were when the picture was built last.
        self._placed: dict[tuple[str, str], tuple[Workload, Workload]] = {}
        #: Namespaces of which not all may be listed, and why; the picture is that of the others.
        self._left_out: frozenset[str] = frozenset()
        self._why_left_out: Reason | None = None
        #: Where the server does not let us list autoscalers: the picture is whole without them.
        self._without_autoscalers: set[Scope] = set()
        #: Karpenter's pools; None: they were not read, or not lately.
        self._pools: tuple[NodePool, ...] | None = None
        #: The pools that these nodes show.
        self._inferred: tuple[tuple[Node, ...], tuple[NodePool, ...]] = (), ()
        #: What the configuration says that the nodes are, where they may not be listed; None: it does not.
        self.declared_node = declare_node(self._override)
        self._has_declared_nodes = False
        #: The watch that shows whether the server lives; each of the others shows whether its own connection does.
        self.heartbeat = find_heartbeat(self.scopes, declares_nodes=self.declared_node is not None)
        #: How old what was read is.
        self.freshness = Freshness(compute_lives(self.scopes, self._settings, self.heartbeat))

    def count(self, scope: Scope) -> int:
        """How many objects of a scope are known."""
        return len(self._objects.get(scope, ()))

    def take_declared_nodes(self) -> bool:
        """Believe the configuration instead of a list of nodes; False where it does not say enough."""
        if self.declared_node is None:
            return False
        self._objects[Scope(WatchedKind.NODES)] = {("", self.declared_node.name): self.declared_node}
        self._has_declared_nodes = True
        self.freshness.drop(Scope(WatchedKind.NODES))
        return True

    def go_without_autoscalers(self, scope: Scope) -> None:
        """Take them for unknown: what was seen of them before may have changed since."""
        self._objects.pop(scope, None)
        self._without_autoscalers.add(scope)
        self.freshness.drop(scope)

    def take_pools(self, pools: tuple[NodePool, ...] | None) -> bool:
        """Know by which pools it buys machines; returns whether that differs from what was known. None: not known."""
        changed = pools != self._pools
        self._pools = pools
        return changed

    def list_pools(self, nodes: tuple[Node, ...]) -> tuple[NodePool, ...]:
        """By which pools it buys machines: as was read, as a person says, or else as its nodes show."""
        said = (self._pools or ()) + declare_pools(self._override)
        return said or (self._infer_pools(nodes) if self._pools is None else ())

    def _infer_pools(self, nodes: tuple[Node, ...]) -> tuple[NodePool, ...]:
        """What these nodes show, worked out once: a picture is made several times a second."""
        if self._inferred[0] is not nodes:
            self._inferred = nodes, infer_pools(nodes)
        return self._inferred[1]

    def leave_out(self, namespaces: frozenset[str], why: Reason | None) -> None:
        """Look into all namespaces but these, of which not everything may be listed."""
        self._left_out, self._why_left_out = namespaces, why
        self.freshness.drop(*(scope for scope in self.scopes if scope.namespace in namespaces))

    @property
    def left_out(self) -> Reason | None:
        """Which namespaces are left out, and why; None: none is."""
        return self._why_left_out

    @property
    def open_scopes(self) -> tuple[Scope, ...]:
        """What makes up the picture: all scopes but those of namespaces that are left out."""
        return tuple(scope for scope in self.scopes if scope.namespace not in self._left_out)

    def read_object(self, kind: WatchedKind, body: Mapping[str, Any]) -> tuple[tuple[str, str], Any]:
        """Read one object of a list or an event: its key and what of it is kept (None: nothing)."""
        metadata = as_mapping(body.get("metadata"))
        key = (as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or "")
        if kind is WatchedKind.NODES:
            return key, parse_node(body, self._override, self._settings.capacity_labels)
        if kind is WatchedKind.DEPLOYMENTS:
            return key, parse_workload(self.context, body, self._settings.regional_differences)
        if kind is WatchedKind.AUTOSCALERS:
            return key, find_scaled_deployment(body)
        return key, _parse_pod_room(body)

    def replace_all(self, scope: Scope, objects: Iterable[tuple[tuple[str, str], Any]]) -> bool:
        """Take a complete list; returns whether it differs from what was known."""
        fresh = {key: value for key, value in objects if value is not None}
        if scope.kind is WatchedKind.NODES:
            self._has_declared_nodes = False
        self._without_autoscalers.discard(scope)
        changed = fresh != self._objects.get(scope)
        self._objects[scope] = fresh
        return changed

    def apply_event(self, scope: Scope, event_type: str, body: Mapping[str, Any]) -> bool:
        """Take one watch event; returns whether anything that is kept has changed."""
        objects = self._objects.setdefault(scope, {})
        key, value = self.read_object(scope.kind, body)
        if event_type == "DELETED" or value is None:
            return objects.pop(key, None) is not None
        changed: bool = objects.get(key) != value
        objects[key] = value
        return changed

    @property
    def is_listed(self) -> bool:
        """Whether all that makes up the picture was listed."""
        return self._objects.keys() | self._without_autoscalers >= set(self.open_scopes)

    def forget(self) -> None:
        """Drop everything: another cluster has taken this one's place."""
        self._objects.clear()
        self._pools = None
        self.usage.forget()
        self._without_autoscalers.clear()
        self._left_out, self._why_left_out = frozenset(), None
        self.freshness.drop(*self.scopes)

    def build(self, outdated: tuple[WatchedKind, ...] = ()) -> Cluster:
        """The cluster at this moment, as a frozen value. `outdated`: kinds that were read too long ago."""
        nodes: list[Node] = sorted(self._seen(WatchedKind.NODES).values(), key=lambda node: node.name)
        workloads = sorted(self._place_workloads(nodes), key=lambda workload: workload.key)
        place = find_place(nodes, self._override)
        outdated_room = bool(_ROOM & set(outdated))
        return Cluster(
            context=self.context,
            health=self.health,
            reason=self.reason,
            uid=self.uid,
            provider=place.provider,
            region=place.region,
            nodes=tuple(nodes),
            workloads=tuple(workloads),
            # What pods of a namespace that is not seen ask for takes room as well.
            free=None if outdated_room or self._left_out else self._compute_free(nodes),
            crowds=None if outdated_room or self._left_out else self._find_crowds(nodes),
            waiting=self._sum_waiting(),
            read_at=self.freshness.read_at(),
            outdated=outdated,
            autoscalers=None if WatchedKind.AUTOSCALERS in outdated else self._find_autoscalers(),
            namespaces=self._find_namespaces(),
            left_out=self._why_left_out,
            others=self._find_others(),
            is_complete=self.is_listed and not (self.usage.is_awaited and self.find_unsized()),
        )

    def _place_workloads(self, nodes: list[Node]) -> list[Workload]:
        """The workloads with where their pods are and what one takes; an unchanged one is the same object as before."""
        read: _Objects = self._seen(WatchedKind.DEPLOYMENTS)
        all_hosts = {} if self._has_declared_nodes else place_pods(self._list_placed_pods(), nodes)
        running = self._list_unsized_pods(self.find_unsized())
        self._placed = {
            name: (workload, self._complete(name, workload, all_hosts.get(name), running.get(name, ())))
            for name, workload in read.items()
        }
        return [workload for _, workload in self._placed.values()]

    def _complete(
        self,
        name: tuple[str, str],
        read: Workload,
        hosts: Hosts | None,
        running: Sequence[PodRequests],
    ) -> Workload:
        """A workload as it was read, with what its pods say of it."""
        requests, size_known_by = read.requests, read.size_known_by
        if requests is None and read.template_requests is not None:
            hints = Hints(
                running,
                self.usage.find(name),
                self._settings.assumed_pod_cpu_cores,
                self._settings.assumed_pod_memory_gib,
            )
            requests, size_known_by = find_size(read.template_requests, hints) or (None, None)
        known = self._placed.get(name)
        if known is not None and known[0] is read:
            before = known[1]
            if (before.hosts, before.requests, before.size_known_by) == (
                hosts,
                requests,
                size_known_by,
            ):
                return before
        return replace(read, hosts=hosts, requests=requests, size_known_by=size_known_by)

    def find_unsized(self) -> frozenset[tuple[str, str]]:
        """The workloads, by namespace and name, whose template does not say what a pod takes."""
        read = self._seen(WatchedKind.DEPLOYMENTS)
        return frozenset(name for name, workload in read.items() if workload.requests is None)

    def _list_unsized_pods(
        self, unsized: frozenset[tuple[str, str]]
    ) -> dict[tuple[str, str], list[PodRequests]]:
        """(namespace, Deployment) -> what its pods ask for as they run."""
        running: dict[tuple[str, str], list[PodRequests]] = {}
        for (namespace, _), pod in self._seen(WatchedKind.PODS).items() if unsized else ():
            if (name := (namespace, pod.deployment)) in unsized:
                running.setdefault(name, []).append(pod.asked)
        return running

    def find_owner(self, namespace: str, pod: str) -> tuple[str, str] | None:
        """The workload, by namespace and name, that a pod is of; None: of none that is seen."""
        found = self._seen(WatchedKind.PODS).get((namespace, pod))
        return (namespace, found.deployment) if found is not None and found.deployment is not None else None

    def _list_placed_pods(self) -> Iterator[tuple[tuple[str, str], str]]:
        """The workload and the node of each pod that has both."""
        for (namespace, _), pod in self._seen(WatchedKind.PODS).items():
            if pod.deployment is not None and pod.node is not None:
                yield (namespace, pod.deployment), pod.node

    def _find_namespaces(self) -> frozenset[str] | None:
        asked = self._override.namespaces
        return None if asked is None else asked - self._left_out

    def _seen(self, kind: WatchedKind) -> _Objects:
        """The objects of a kind that are known, however much of it was listed."""
        scopes = [scope for scope in self.open_scopes if scope.kind is kind]
        if len(scopes) == 1:
            return self._objects.get(scopes[0], {})
        return {key: value for scope in scopes for key, value in self._objects.get(scope, {}).items()}

    def _find_all(self, kind: WatchedKind) -> _Objects | None:
        """The objects of a kind; None until they were listed wherever they are looked for."""
        is_known = all(scope in self._objects for scope in self.open_scopes if scope.kind is kind)
        return self._seen(kind) if is_known else None

    def _find_autoscalers(self) -> dict[tuple[str, str], str] | None:
        """(namespace, Deployment) -> the autoscaler that scales it, of several the first by name; None: not known."""
        autoscalers: dict[tuple[str, str], str] | None = self._find_all(WatchedKind.AUTOSCALERS)
        if autoscalers is None:
            return None
        listed = sorted(autoscalers.items(), reverse=True)
        return {(namespace, deployment): name for (namespace, name), deployment in listed}

    def _compute_free(self, nodes: list[Node]) -> Resources | None:
        """What new pods could ask for: as counted, as the configuration says, or the less of both; None: not known."""
        pods = self._find_all(WatchedKind.PODS)
        if pods is None:
            return None
        counted, said = self._count_free(nodes, pods), self._find_said_room(pods)
        known = [room for room in (counted, said) if room is not None]
        cpu, memory = [room.cpu_cores for room in known], [room.memory_gib for room in known]
        # The configuration says nothing of devices.
        devices = counted.devices if counted is not None else NO_DEVICES
        return Resources(min(cpu), min(memory), devices) if known else None

    def _count_free(self, nodes: list[Node], pods: _Objects) -> Resources | None:
        """Allocatable less requests over the nodes that take pods; pods that wait for a node count against it.

        None while nodes are unknown, and where not all pods can be seen.
        """
        if not self._sees_all_pods():
            return None
        open_nodes = {node.name: node.allocatable for node in nodes if node.is_open}
        there = (pod for pod in pods.values() if pod.node is None or pod.node in open_nodes)
        return _subtract(open_nodes.values(), there)

    def _sees_all_pods(self) -> bool:
        """Whether the nodes were read, and pods are looked for wherever there may be one."""
        is_seen = Scope(WatchedKind.NODES) in self._objects and not self._has_declared_nodes
        return is_seen and self._override.namespaces is None

    def _find_crowds(self, nodes: list[Node]) -> dict[str, Crowd] | None:
        """Node -> what runs there, and how many of each; None: not known."""
        pods = self._find_all(WatchedKind.PODS)
        if pods is None or not self._sees_all_pods():
            return None
        counts: dict[str, Counter[PodShape]] = {node.name: Counter() for node in nodes}
        for pod in pods.values():
            if pod.node in counts:
                counts[pod.node][pod.shape] += 1
        return {name: frozenset(found.items()) for name, found in counts.items()}

    def _find_others(self) -> tuple[OtherWorkload, ...]:
        """What runs pods and is no Deployment, as far as pods are seen."""
        owners = (pod.owner for pod in self._seen(WatchedKind.PODS).values() if pod.owner is not None)
        found = sorted(Counter(owners).items())[:MAX_OTHERS]
        return tuple(OtherWorkload(kind, space, name, pods) for (kind, space, name), pods in found)

    def _sum_waiting(self) -> Resources:
        """What the pods ask for that have no node yet."""
        pods = self._seen(WatchedKind.PODS).values()
        return sum((pod.requests for pod in pods if pod.node is None), Resources(0.0, 0.0))

    def _find_said_room(self, pods: _Objects) -> Resources | None:
        """What the pods that are seen leave of what the configuration gives them; None where it gives nothing."""
        cpu_cores, memory_gib = self._override.room_cpu_cores, self._override.room_memory_gib
        if cpu_cores is None or memory_gib is None:
            return None
        return _subtract([Resources(cpu_cores, memory_gib)], pods.values())


def _subtract(rooms: Iterable[Resources], pods: Iterable[PodRoom]) -> Resources:
    """What pods leave of rooms; never less than nothing."""
    left = sum((pod.requests * -1.0 for pod in pods), sum(rooms, Resources(0.0, 0.0)))
    # Rounded, because sums of floats leave crumbs that would look like changes.
    devices = make_devices({name: max(0.0, round(amount, 6)) for name, amount in left.devices})
    return Resources(max(0.0, round(left.cpu_cores, 6)), max(0.0, round(left.memory_gib, 6)), devices)


def _parse_pod_room(body: Mapping[str, Any]) -> PodRoom | None:
    """The room that a pod takes; None where it has finished."""
    if as_mapping(body.get("status")).get("phase") in FINISHED_PHASES:
        return None
    spec, metadata = as_mapping(body.get("spec")), as_mapping(body.get("metadata"))
    namespace = as_text(metadata.get("namespace")) or ""
    deployment = None if metadata.get("deletionTimestamp") else find_deployment(metadata)
    shape, asked = parse_pod_shape(namespace, body), read_requests(spec)
    node, owner = as_text(spec.get("nodeName")), _find_owner(metadata, namespace)
    return PodRoom(node, asked.resources, shape, owner, deployment, asked.has_cpu, asked.has_memory)


def _find_owner(metadata: Mapping[str, Any], namespace: str) -> tuple[str, str, str] | None:
    """What runs a pod, where that is a kind of Kubernetes that is not moved."""
    for reference in map(as_mapping, as_list(metadata.get("ownerReferences"))):
        kind, name = reference.get("kind"), as_text(reference.get("name"))
        group = str(reference.get("apiVersion")).partition("/")[0]
        if kind in OTHER_KINDS and group in ("apps", "batch") and name is not None:
            return str(kind), namespace, name
    return None
