"""What all clusters look like at one moment, as frozen values. Pure.

A number that nobody has reported is None; an empty tuple means that we asked and there is nothing. Nothing
here is true about a cluster whose `health` is not `reachable`: its facts are the last ones seen and only for
display.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from controller.clusters.acceptance import Acceptance
from controller.clusters.devices import NO_DEVICES, Devices, add, find_lack
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.clusters.node_facts import NOTHING_SAID, NodeFacts
from controller.clusters.template_outline import Outline
from controller.reasons import Code
from controller.scheduling.domains import Crowd
from controller.scheduling.nodes import NodeTerms
from controller.scheduling.pods import PLAIN, PodTerms
from oracle.foundation.reason import Reason
from oracle.market import Offering


class Health(StrEnum):
    """What we know about a context's API server."""

    CONNECTING = "connecting"
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    DENIED = "denied"

    @property
    def is_lost(self) -> bool:
        """Whether we tried to use it and could not; nobody who is still connecting has failed."""
        return self in (Health.UNREACHABLE, Health.DENIED)


class WatchedKind(StrEnum):
    """The resources that a picture is made of."""

    NODES = "nodes"
    DEPLOYMENTS = "deployments"
    PODS = "pods"
    AUTOSCALERS = "horizontalpodautoscalers"


@dataclass(frozen=True, slots=True, order=True)
class WorkloadKey:
    """A Deployment in a context; written `CONTEXT/NAMESPACE/NAME`."""

    context: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.context}/{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> WorkloadKey:
        """Parse `CONTEXT/NAMESPACE/NAME`; the context itself may contain slashes. Raises: ValueError."""
        parts = text.rsplit("/", 2)
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{text!r} is not CONTEXT/NAMESPACE/DEPLOYMENT")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Resources:
    """CPU in cores, memory in GiB, and devices; of a pod's requests, a node's allocatable or free room."""

    cpu_cores: float
    memory_gib: float
    devices: Devices = NO_DEVICES

    def __add__(self, other: Resources) -> Resources:
        return self._add(other, 1.0)

    def __sub__(self, other: Resources) -> Resources:
        return self._add(other, -1.0)

    def __mul__(self, factor: float) -> Resources:
        devices = add(NO_DEVICES, self.devices, factor)
        return Resources(self.cpu_cores * factor, self.memory_gib * factor, devices)

    def _add(self, other: Resources, factor: float) -> Resources:
        return Resources(
            self.cpu_cores + factor * other.cpu_cores,
            self.memory_gib + factor * other.memory_gib,
            add(self.devices, other.devices, factor),
        )

    def fits_in(self, room: Resources) -> bool:
        """Whether all of it fits."""
        is_room = self.cpu_cores <= room.cpu_cores and self.memory_gib <= room.memory_gib
        return is_room and not find_lack(self.devices, room.devices)


@dataclass(frozen=True, slots=True)
class Purchase:
    """Of a machine that is not there and would be bought: by which pool, and whether all that its rules ask for is
    known to be so.
    """

    pool: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A node as its labels and status describe it. `offering` is None where labels do not say what it is."""

    name: str
    offering: Offering | None
    zone: str | None
    allocatable: Resources
    ready: bool
    schedulable: bool
    #: CPU architecture ("amd64", "arm64"); None where the node does not say.
    architecture: str | None = None
    #: Who says what of it.
    facts: NodeFacts = NOTHING_SAID
    #: What the scheduler looks at; None: nobody has read it, because the configuration says what nodes there are.
    terms: NodeTerms | None = None

    #: Set of a machine that is not there yet.
    purchase: Purchase | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes new pods."""
        return self.ready and self.schedulable


@dataclass(frozen=True, slots=True)
class PodRequests:
    """What a pod asks for, as the scheduler counts it; and whether all that runs in it says how much of each."""

    resources: Resources
    has_cpu: bool
    has_memory: bool


#: What the pods of a workload run on, each kind of node with how many of them; None: nobody says what those nodes are.
Hosts: TypeAlias = tuple[tuple[Offering | None, int], ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment and its pods' readiness.

    desired_replicas is spec.replicas; ready and available come from its status and are None where the status
    is older than the spec (observedGeneration < generation): unknown is not ready. `requests` is one pod's, as
    `pod_sizes.py` knows it; None where nobody says it. `state_gb` is the size of the state that has to travel with the
    workload, GB: declared, or none because its pods have no volume that keeps any.
    """

    key: WorkloadKey
    uid: str
    desired_replicas: int
    ready_replicas: int | None
    available_replicas: int | None
    requests: Resources | None
    state_gb: float | None
    #: Why this workload can never be moved as it is (persistent volumes, host paths, ...); empty: none known.
    immovable_reasons: tuple[Reason, ...] = ()
    #: sha256 of the pod template, to tell whether source and target run the same thing.
    template_hash: str = ""
    #: What a person accepts that its moves leave behind, or do with it.
    accepted: frozenset[Acceptance] = frozenset()
    #: Who says `state_gb`; None where nobody does.
    state_known_by: KnownBy | None = None
    #: Volumes of its pods that keep something, or may: each as `NAME (KIND)`.
    keeping_volumes: tuple[str, ...] = ()
    #: What its pods ask of nodes and of other pods.
    terms: PodTerms = PLAIN
    #: Which pods are its own, as canonical JSON.
    selector: str = ""
    #: What its pod template says, part by part, but for what may differ from region to region.
    outline: Outline = ()
    #: How many replicas a move leaves here, as declared; None: nothing is.
    minimum_replicas: int | None = None
    #: Where its pods are; None where that is not seen: they wait for nodes, or the configuration says what nodes are.
    hosts: Hosts | None = None
    #: Who says `requests`; None where nobody does.
    size_known_by: SizeKnownBy | None = None
    #: What its pod template asks for, which may be a part of what a pod takes; None: not read.
    template_requests: PodRequests | None = None


@dataclass(frozen=True, slots=True)
class OtherWorkload:
    """What runs pods and is no Deployment, by the pods that name it as their owner: seen, and not moved."""

    kind: str
    namespace: str
    name: str
    pods: int

    @property
    def reason(self) -> Reason:
        """Why it is not moved."""
        return _NOT_MOVED[self.kind].because()


#: Kind -> why it is not moved.
_NOT_MOVED = {
    "StatefulSet": Code.STATEFUL_SET,
    "DaemonSet": Code.DAEMON_SET,
    "Job": Code.JOB,
}
OTHER_KINDS = frozenset(_NOT_MOVED)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One context: who it is, where it runs and what runs in it.

    uid is the UID of the namespace kube-system (None until read). `provider` and `region` come from the
    configuration or from node labels; None where neither says. `free` is allocatable minus requests of all
    pods, over ready nodes that are not cordoned; None until nodes and pods were read. `crowds`: node -> the pods on it,
    None where not all of them are known; `waiting`: what those request that have no node yet. `reason` explains any
    health but reachable, which has none. `autoscalers`: (namespace, Deployment) -> the HorizontalPodAutoscaler that
    scales it; None where they were not listed, and where we may not: whether there is one is not known then.
    """

    context: str
    health: Health
    reason: Reason | None = None
    uid: str | None = None
    provider: str | None = None
    region: str | None = None
    nodes: tuple[Node, ...] = ()
    workloads: tuple[Workload, ...] = ()
    free: Resources | None = None
    crowds: Mapping[str, Crowd] | None = None
    waiting: Resources = Resources(0.0, 0.0)
    #: kind -> when it was last known to be as it is here, Unix seconds; what was never read is missing.
    read_at: Mapping[WatchedKind, float] = field(default_factory=dict)
    #: Kinds that were read too long ago: how they are now is not known.
    outdated: tuple[WatchedKind, ...] = ()
    autoscalers: Mapping[tuple[str, str], str] | None = None
    #: False until workloads, nodes and pods have all been listed at least once, and autoscalers where we may.
    is_complete: bool = False
    #: Other contexts that lead to the same cluster; it is watched and offered once.
    aliases: tuple[str, ...] = ()
    #: The only namespaces that are looked into; None: all.
    namespaces: frozenset[str] | None = None
    #: What else runs pods there, by kind and name, at most `MAX_OTHERS`.
    others: tuple[OtherWorkload, ...] = ()
    #: Which of the namespaces that were to be looked into are not among them, and why; None: none is left out.
    left_out: Reason | None = None
    #: Machines that it would buy for pods that find no room, and what they would have for pods; None: it buys none.
    purchases: tuple[Node, ...] = ()
    purchase_room: Resources | None = None

    def find_unread(self) -> Reason | None:
        """Return why not all of it is known now; None where it answers and was read completely, not too long ago."""
        if self.health is not Health.REACHABLE:
            return self.reason or Code.CONTEXT_CONNECTING.because(context=self.context)
        if not self.is_complete:
            return Code.CONTEXT_INCOMPLETE.because(context=self.context)
        return self.find_outdated()

    def find_outdated(self) -> Reason | None:
        """Return which kinds were read too long ago; None: none of them."""
        outdated = self.name_outdated(frozenset(WatchedKind))
        return Code.KINDS_OUTDATED.because(context=self.context, kinds=outdated) if outdated else None

    def name_outdated(self, kinds: Container[WatchedKind]) -> tuple[str, ...]:
        """Return which of these kinds were read too long ago."""
        return tuple(kind.value for kind in self.outdated if kind in kinds)

    def find_workload(self, namespace: str, name: str) -> Workload | None:
        """Return the workload, or None where it was not seen."""
        return next((w for w in self.workloads if (w.key.namespace, w.key.name) == (namespace, name)), None)


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """All clusters at one moment, in the order of the kubeconfig: context -> cluster. Aliases are not among them."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    observed_at: float = 0.0
