"""How a move is cut into waves. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal


def plan_wave_sizes(replicas: int, wave_share: Decimal) -> tuple[int, ...]:
    """How many pods move in each wave: one as a canary, then `wave_share` of all, rounded up.

    The canary is the only true test of image pulls, webhooks and room on nodes; a dry run schedules nothing.
    """
    if replicas <= 0:
        return ()
    step = max(1, math.ceil(wave_share * replicas))
    rest = replicas - 1
    sizes = [1] + [step] * (rest // step)
    return (*sizes, rest % step) if rest % step else tuple(sizes)


def count_pod_waves(wave_sizes: Sequence[int]) -> int:
    """The number of the wave in which a pod moves (from 1), summed over all pods."""
    return sum(number * size for number, size in enumerate(wave_sizes, start=1))
