"""Whether the nodes live on which pods are Ready: where a kubelet is gone, its pods look as before. Pure.

A kubelet renews its node's Lease every few seconds. Its clock is none of ours, so that what counts is whether the
renewal was seen to change; only at the first look is it compared with our clock. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

#: The kubelet's own: where its Lease says nothing else, it has gone after this.
DEFAULT_DURATION_S = 40.0


class Basis(IntEnum):
    """By what pods count as serving, the strongest first."""

    LEASES = 0
    CONDITIONS = 1
    PODS = 2


@dataclass(frozen=True, slots=True)
class Renewal:
    """One look at a node's Lease. `at`: by the node's own clock, Unix seconds."""

    at: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class NodeSight:
    """What was seen of one node's Lease: its newest renewal and since when, by the counting clock.

    is_proven: the kubelet is known to have lived then.
    """

    renewal: Renewal
    seen_s: float
    is_proven: bool

    def look(self, renewal: Renewal, now: float) -> NodeSight:
        """Take one more look."""
        return self if renewal.at == self.renewal.at else NodeSight(renewal, now, is_proven=True)

    def is_alive(self, now: float) -> bool:
        """Whether it was renewed, as far as was watched, no longer ago than it lasts."""
        return self.is_proven and now - self.seen_s <= self.renewal.duration_s


def look_first(renewal: Renewal, now: float, wall: float) -> NodeSight:
    """Take the first look. A renewal that is old by our wall clock proves nothing until it changes."""
    return NodeSight(renewal, now, is_proven=abs(wall - renewal.at) <= renewal.duration_s)


def parse_renewal(lease: Mapping[str, Any]) -> Renewal | None:
    """Return when a Lease was renewed; None where it does not say so."""
    spec = lease.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    try:
        at = datetime.fromisoformat(str(spec["renewTime"])).timestamp()
    except (KeyError, ValueError):
        return None
    if isinstance(duration, int) and not isinstance(duration, bool) and duration > 0:
        return Renewal(at, float(duration))
    return Renewal(at, DEFAULT_DURATION_S)


def parse_readiness(node: Mapping[str, Any]) -> bool | None:
    """Return whether a node's condition says that it is Ready; None where it has none."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    return next((one.get("status") == "True" for one in conditions if one.get("type") == "Ready"), None)
