"""Labels by which a person says how nodes are bought, beside those that clouds and provisioners write. Pure.

Each is written `key=value`, or `key` alone for a label that is set: whose value is empty, or says yes. Any other value
of a key alone means nothing, so that `spot: "false"` is never spot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from oracle.market import CapacityType

#: What a label is set to whose name says all; in lower case.
SET_VALUES = frozenset({"", "true", "yes", "1"})

_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
#: What Kubernetes allows as a label. Source: its documentation of labels, syntax and character set.
_LABEL = re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}(=({_NAME})?)?")


def is_label(text: str) -> bool:
    """Whether a text is the key of a label, alone or with its value."""
    return _LABEL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class CapacityLabels:
    """The labels that mean spot, and those that mean on demand."""

    spot: frozenset[str] = frozenset()
    on_demand: frozenset[str] = frozenset()

    def find(self, labels: Mapping[str, str]) -> dict[CapacityType, str]:
        """How a node with these labels is bought -> the first label by name that says so; both where two disagree."""
        meanings = ((CapacityType.SPOT, self.spot), (CapacityType.ON_DEMAND, self.on_demand))
        return {
            capacity_type: name
            for capacity_type, declared in meanings
            for name in sorted(labels, reverse=True)
            if declared and _is_declared(name, labels[name], declared)
        }


def _is_declared(name: str, value: str, declared: frozenset[str]) -> bool:
    return f"{name}={value}" in declared or (name in declared and value.lower() in SET_VALUES)


#: Nobody has declared any.
NO_LABELS = CapacityLabels()
