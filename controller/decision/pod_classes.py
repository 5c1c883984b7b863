"""Pods that are alike to every cluster: what thousands of workloads ask for is few different things. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from controller.clusters.fleet import Resources
from controller.scheduling.pods import PLAIN, PodTerms

#: Replicas up to which places are counted at first; four times as many whenever a workload has more.
_FIRST_BOUND = 64
#: No workload has more replicas, so that places are counted once for all of them.
ENDLESS = 2**53


@dataclass(frozen=True, slots=True)
class PodClass:
    """What a replica asks for of a cluster in which it meets nobody; `counted`: so many places are looked for."""

    requests: Resources
    terms: PodTerms
    counted: int


def classify(requests: Resources, terms: PodTerms, replicas: int) -> PodClass:
    """Return the class of a workload's pods."""
    return PodClass(requests, terms.name_nobody(), count_places(terms, replicas))


def count_places(terms: PodTerms, replicas: int) -> int:
    """Up to how many replicas places are counted. Where replicas mind one another each is placed by itself."""
    if not terms.minds_pods:
        return ENDLESS
    bound = _FIRST_BOUND
    while bound < replicas:
        bound *= 4
    return bound


#: Stands in for requests that are not known.
UNKNOWN_CLASS = PodClass(Resources(0.0, 0.0), PLAIN, ENDLESS)
