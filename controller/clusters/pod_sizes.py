"""How much of a node a pod takes, where its template does not say all of it. Pure.

Of each resource in this order: what the template asks for; what its pods ask for as they run, which has the defaults of
their namespace in it (LimitRange), as the scheduler counts them; the most that one of them was measured to use; what
the configuration says for all. Nothing less than the template asks for in part, and nothing is ever made up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from controller.clusters.fleet import PodRequests, Resources
from controller.clusters.known_by import KnownBy, SizeKnownBy

#: Measured amounts are rounded up to powers of this, so that a plan does not change with every measurement, nor the
#: planner know as many sizes as there are pods. Arbitrary.
USAGE_STEP = 1.1


@dataclass(frozen=True, slots=True)
class Usage:
    """The most that a pod of a workload has used; measured_at: the newest measurement, Unix seconds."""

    resources: Resources
    measured_at: float


@dataclass(frozen=True, slots=True)
class Hints:
    """What may say the size of a pod beside its template."""

    running: Sequence[PodRequests] = ()
    usage: Usage | None = None
    assumed_cpu_cores: float | None = None
    assumed_memory_gib: float | None = None


#: Nothing but the template says it.
NO_HINTS = Hints()


def find_size(template: PodRequests, hints: Hints) -> tuple[Resources, SizeKnownBy] | None:
    """Return what one pod takes and who says so; None where of one resource nobody does."""
    cpu = _find(template, hints, _CPU, hints.assumed_cpu_cores)
    memory = _find(template, hints, _MEMORY, hints.assumed_memory_gib)
    if cpu is None or memory is None:
        return None
    is_measured = hints.usage is not None and KnownBy.USAGE in (cpu[1], memory[1])
    measured_at = hints.usage.measured_at if is_measured and hints.usage is not None else None
    size = Resources(cpu[0], memory[0], template.resources.devices)
    return size, SizeKnownBy(cpu[1], memory[1], measured_at)


@dataclass(frozen=True, slots=True)
class _Resource:
    """How one resource is read: how much there is of it, and whether a pod says all that it takes."""

    amount: Callable[[Resources], float]
    is_whole: Callable[[PodRequests], bool]


_CPU = _Resource(lambda resources: resources.cpu_cores, lambda pod: pod.has_cpu)
_MEMORY = _Resource(lambda resources: resources.memory_gib, lambda pod: pod.has_memory)


def _find(
    template: PodRequests, hints: Hints, resource: _Resource, assumed: float | None
) -> tuple[float, KnownBy] | None:
    """One resource: what a pod takes of it, and who says so."""
    part = resource.amount(template.resources)
    if resource.is_whole(template):
        return part, KnownBy.POD_SPEC
    if hints.running and all(map(resource.is_whole, hints.running)):
        return max(part, *(resource.amount(pod.resources) for pod in hints.running)), KnownBy.RUNNING_PODS
    if hints.usage is not None:
        return max(part, round_up(resource.amount(hints.usage.resources))), KnownBy.USAGE
    return (max(part, assumed), KnownBy.SETTING) if assumed is not None else None


def round_up(amount: float) -> float:
    """Return the next power of USAGE_STEP that is not less, with four digits; of nothing, the least that is counted."""
    least = max(amount, 0.001)
    return float(f"{USAGE_STEP ** math.ceil(round(math.log(least, USAGE_STEP), 2)):.4g}")


def find_peak(measured: Iterable[Resources]) -> Resources | None:
    """Return the most of each; None of nothing."""
    known = list(measured)
    if not known:
        return None
    return Resources(max(one.cpu_cores for one in known), max(one.memory_gib for one in known))
