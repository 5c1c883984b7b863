"""What the scheduler looks at in a node. Pure.

Nodes of one pool are equal but for their names, so that hundreds of them share one `NodeKind`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.scheduling.amounts import Amounts
from controller.scheduling.selectors import NO_LABELS, Labels, Lookup

#: The label that tells the nodes of a pool apart; it is kept beside the others.
HOSTNAME_LABEL = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint that keeps pods away. PreferNoSchedule keeps none away and is not kept."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True)
class NodeKind:
    """What the nodes of one pool have in common. `labels`: all but the host name."""

    labels: Labels = NO_LABELS
    taints: tuple[Taint, ...] = ()
    is_cordoned: bool = False
    is_ready: bool = True
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash it once: nodes are sorted by their kinds whenever one changes."""
        object.__setattr__(self, "_hash", hash((self.labels, self.taints, self.is_cordoned, self.is_ready)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class NodeTerms:
    """One node: its names, its kind, and what it can give to pods. `hostname` None: the node has no such label."""

    name: str
    kind: NodeKind
    allocatable: Amounts
    hostname: str | None = None

    @property
    def find_label(self) -> Lookup:
        """How the value of one of its labels is found."""
        labels, hostname = self.kind.labels, self.hostname
        return lambda key: hostname if key == HOSTNAME_LABEL else labels.get(key)
