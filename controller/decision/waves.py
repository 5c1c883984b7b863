"""How a move is cut into waves. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal


def plan_wave_sizes(replicas: int, wave_share: Decimal, wave_replicas: int) -> tuple[int, ...]:
    """How many pods move in each wave: one as a canary, then equal parts of the rest.

    The canary is the only true test of image pulls, webhooks and room on nodes; a dry run schedules nothing. After it
    come as many waves as `wave_share` asks for, and no more than give each at least `wave_replicas` pods, because each
    costs a bake. Where the rest cannot be divided evenly, the larger parts come first: what moves early saves early.
    """
    if replicas <= 0:
        return ()
    rest = replicas - 1
    if not rest:
        return (1,)
    step = max(1, math.ceil(wave_share * replicas))
    waves = max(1, min(math.ceil(rest / step), rest // wave_replicas))
    size, larger = divmod(rest, waves)
    return (1, *[size + 1] * larger, *[size] * (waves - larger))


def count_pod_waves(wave_sizes: Sequence[int]) -> int:
    """The number of the wave in which a pod moves (from 1), summed over all pods."""
    return sum(number * size for number, size in enumerate(wave_sizes, start=1))
