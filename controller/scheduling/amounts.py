"""Amounts of resources as the scheduler counts them: whole numbers, CPU in thousandths of a core. Pure.

Everything is rounded up, as Kubernetes does: memory and storage are bytes, pods and devices are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: (resource, amount), sorted, none of them zero: equal needs are equal values.
Amounts: TypeAlias = tuple[tuple[str, int], ...]

#: A pod takes one of these.
PODS = "pods"


def make_amounts(amounts: Mapping[str, int]) -> Amounts:
    """Return the amounts as a value."""
    return tuple(sorted((name, amount) for name, amount in amounts.items() if amount))
