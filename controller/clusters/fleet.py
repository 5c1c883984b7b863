"""What all clusters look like at one moment, as frozen values. Pure.

A number that nobody has reported is None; an empty tuple means that we asked and there is nothing. Nothing
here is true about a cluster whose `health` is not `reachable`: its facts are the last ones seen and only for
display.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.clusters.acceptance import Acceptance
from controller.reasons import Code
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
    """CPU in cores and memory in GiB; of a pod's requests, a node's allocatable or free room."""

    cpu_cores: float
    memory_gib: float

    def __add__(self, other: Resources) -> Resources:
        return Resources(self.cpu_cores + other.cpu_cores, self.memory_gib + other.memory_gib)

    def __sub__(self, other: Resources) -> Resources:
        return Resources(self.cpu_cores - other.cpu_cores, self.memory_gib - other.memory_gib)

    def __mul__(self, factor: float) -> Resources:
        return Resources(self.cpu_cores * factor, self.memory_gib * factor)

    def fits_in(self, room: Resources) -> bool:
        """Whether both fit."""
        return self.cpu_cores <= room.cpu_cores and self.memory_gib <= room.memory_gib


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


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment and its pods' readiness.

    desired_replicas is spec.replicas; ready and available come from its status and are None where the status
    is older than the spec (observedGeneration < generation): unknown is not ready. `requests` is one pod's;
    None where a container requests nothing. `state_gb` is the declared size of the state that has to travel
    with the workload, GB.
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


@dataclass(frozen=True, slots=True)
class Cluster:
    """One context: who it is, where it runs and what runs in it.

    uid is the UID of the namespace kube-system (None until read). `provider` and `region` come from the
    configuration or from node labels; None where neither says. `free` is allocatable minus requests of all
    pods, over ready schedulable nodes; None until nodes and pods were read. `reason` explains any health but
    reachable, which has none. `autoscalers`: (namespace, Deployment) -> the HorizontalPodAutoscaler that scales it;
    None where they were not listed, and where we may not: whether there is one is not known then.
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
    observed_at: float | None = None
    autoscalers: Mapping[tuple[str, str], str] | None = None
    #: False until workloads, nodes and pods have all been listed at least once, and autoscalers where we may.
    is_complete: bool = False
    #: Other contexts that lead to the same cluster; it is watched and offered once.
    aliases: tuple[str, ...] = ()

    def find_unread(self) -> Reason | None:
        """Return why not all of it is known now; None where it answers and was read completely."""
        if self.health is not Health.REACHABLE:
            return self.reason or Code.CONTEXT_CONNECTING.because(context=self.context)
        return None if self.is_complete else Code.CONTEXT_INCOMPLETE.because(context=self.context)

    def find_workload(self, namespace: str, name: str) -> Workload | None:
        """Return the workload, or None where it was not seen."""
        return next((w for w in self.workloads if (w.key.namespace, w.key.name) == (namespace, name)), None)


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """All clusters at one moment, in the order of the kubeconfig: context -> cluster. Aliases are not among them."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    observed_at: float = 0.0
