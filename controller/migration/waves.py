"""How many replicas move together: first one, as a canary, then a quarter of them at a time. Pure.

The canary is the only true test of image pulls, webhooks and node fit; a server-side dry run schedules
nothing.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

#: Arbitrary; keeps the journal small and a migration of thousands of replicas finite.
MAX_WAVES = 64


def plan_waves(replicas: int, *, share: float, max_step: int | None = None) -> tuple[int, ...]:
    """Return the target's replicas after each wave: ascending, the first is 1, the last is `replicas`.

    Args:
        replicas: all replicas of the workload, at least 1.
        share: part of the replicas that one wave adds after the canary, in (0, 1]; rounded up.
        max_step: most replicas that one wave may add (free room, surge cost); None for no bound.
    Raises: ValueError for arguments out of range, and where the bound asks for more than MAX_WAVES waves.
    """
    if replicas < 1 or not 0 < share <= 1 or (max_step is not None and max_step < 1):
        raise ValueError(
            f"no waves for {replicas} replicas, a share of {share} and steps of at most {max_step}"
        )
    step = ceil(replicas * share) if max_step is None else min(max_step, ceil(replicas * share))
    waves = (1, *range(1 + step, replicas, step), replicas) if replicas > 1 else (1,)
    if len(waves) > MAX_WAVES:
        raise ValueError(
            f"{replicas} replicas in steps of {step} would take {len(waves)} waves, more than {MAX_WAVES}"
        )
    return waves


def compute_surge(waves: tuple[int, ...]) -> int:
    """Return how many replicas run double at most: the largest step."""
    return max(after - before for before, after in pairwise((0, *waves)))
