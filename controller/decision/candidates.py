"""Which targets a workload could run in at all, and on which nodes it would be paid for. Pure.

Every rejection is a sentence for a person. Nothing here looks at prices; that is `evaluation.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from controller.clusters.fleet import Cluster, FleetPicture, Health, Node, Resources, Workload
from controller.decision.settings import DecisionSettings
from oracle.market import Offering


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Ready nodes of one offering; `allocatable` is the smallest of them, `largest` the largest, field by field."""

    offering: Offering
    count: int
    allocatable: Resources
    largest: Resources
    architectures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster as a place to run in: its groups of ready nodes, the most common one first.

    It remembers what it was asked, because a planning round asks the same of it for every workload.
    """

    cluster: Cluster
    groups: tuple[NodeGroup, ...]
    #: (namespace, name) -> replicas that are wanted of the Deployment.
    replicas: Mapping[tuple[str, str], int]
    _found: dict[Resources, NodeGroup | None] = field(default_factory=dict, compare=False)

    @property
    def context(self) -> str:
        """The context's name."""
        return self.cluster.context

    def find_group(self, requests: Resources) -> NodeGroup | None:
        """The nodes that a pod would most likely run on: the most common offering that it fits on."""
        if requests not in self._found:
            self._found[requests] = next((g for g in self.groups if requests.fits_in(g.largest)), None)
        return self._found[requests]


def describe_site(cluster: Cluster) -> Site:
    """Group the ready, schedulable nodes of a cluster by what they are bought as."""
    nodes = [node for node in cluster.nodes if node.ready and node.schedulable]
    counts = Counter(node.offering for node in nodes if node.offering is not None)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    groups = tuple(_group([n for n in nodes if n.offering == o], o) for o, _ in ranked)
    replicas = {(w.key.namespace, w.key.name): w.desired_replicas for w in cluster.workloads}
    return Site(cluster, groups, replicas)


def describe_sites(picture: FleetPicture) -> dict[str, Site]:
    """context -> site, in the order of the picture."""
    return {context: describe_site(cluster) for context, cluster in picture.clusters.items()}


def _group(nodes: Sequence[Node], offering: Offering) -> NodeGroup:
    cpus = [node.allocatable.cpu_cores for node in nodes]
    memories = [node.allocatable.memory_gib for node in nodes]
    return NodeGroup(
        offering=offering,
        count=len(nodes),
        allocatable=Resources(min(cpus), min(memories)),
        largest=Resources(max(cpus), max(memories)),
        architectures=frozenset(node.architecture for node in nodes if node.architecture),
    )


def find_workload_obstacle(site: Site, workload: Workload) -> str | None:
    """Why this workload cannot move anywhere now; None: nothing known against it."""
    if (reason := _find_site_obstacle(site)) is not None:
        return reason
    if workload.obstacles:
        return "; ".join(workload.obstacles)
    if workload.desired_replicas <= 0:
        return "it has no replicas to move"
    if workload.requests is None:
        return "a container requests no CPU or no memory, so neither its cost nor the room it needs is known"
    available = workload.available_replicas
    if available is None or available < workload.desired_replicas:
        seen = "an unknown number" if available is None else str(available)
        return f"{seen} of {workload.desired_replicas} replicas are available; let it become healthy first"
    if site.find_group(workload.requests) is None:
        return "no ready node of its own cluster is one whose type is known and on which it fits"
    return None


def find_site_exclusion(site: Site, settings: DecisionSettings) -> str | None:
    """Why nothing may be moved to this site now, whatever the workload."""
    words = _words_of(site.cluster)
    if words & settings.denied_targets:
        return "the target is on the deny list"
    if settings.allowed_targets is not None and not words & settings.allowed_targets:
        return "the target is not on the allow list"
    return _find_site_obstacle(site)


def find_target_obstacle(
    source: Site, workload: Workload, target: Site, settings: DecisionSettings
) -> str | None:
    """Why this workload cannot move to this target, which is not excluded in general; None: it can."""
    if source.context == target.context or source.cluster.uid == target.cluster.uid:
        return "source and target are the same cluster"
    running = target.replicas.get((workload.key.namespace, workload.key.name), 0)
    if running > 0:
        return f"the target already runs {running} replicas under this name"
    return _find_room_obstacle(source, workload, target, settings)


def _find_room_obstacle(
    source: Site, workload: Workload, target: Site, settings: DecisionSettings
) -> str | None:
    requests = workload.requests
    if requests is None:
        return "a container requests no CPU or no memory"
    group = target.find_group(requests)
    if group is None:
        return f"no node there holds a pod of {_show(requests)}"
    own = source.find_group(requests)
    architectures = own.architectures if own is not None else frozenset()
    if architectures and group.architectures and not architectures & group.architectures:
        theirs, ours = ", ".join(sorted(group.architectures)), ", ".join(sorted(architectures))
        return f"its nodes are {theirs}, the workload runs on {ours}"
    room = target.cluster.free
    if room is None:
        return "its free room is not known"
    needed = requests * workload.desired_replicas
    if not needed.fits_in(room * (1.0 - settings.headroom_share)):
        return f"not enough room: {_show(needed)} needed, {_show(room)} free"
    return None


def _find_site_obstacle(site: Site) -> str | None:
    cluster = site.cluster
    if cluster.health is not Health.REACHABLE:
        return f"{cluster.context} is {cluster.health}" + (f": {cluster.reason}" if cluster.reason else "")
    if not cluster.is_complete:
        return f"{cluster.context} has not been read completely yet"
    if cluster.uid is None:
        return f"the identity of {cluster.context} (the UID of its namespace kube-system) could not be read"
    if not site.groups:
        return f"{cluster.context} has no ready node whose instance type is known"
    return None


def _words_of(cluster: Cluster) -> frozenset[str]:
    """The words by which allow and deny lists may name a cluster."""
    words = {cluster.context}
    if cluster.provider is not None:
        words.add(cluster.provider)
        if cluster.region is not None:
            words.add(f"{cluster.provider}/{cluster.region}")
    return frozenset(words)


def _show(resources: Resources) -> str:
    return f"{resources.cpu_cores:g} cores and {resources.memory_gib:.4g} GiB"
