"""Azure's spot placement scores: is a spot machine to be had now, and may this subscription have it. Pure.

Azure says High, Medium or Low and no number. Ours only keep that order; they are no chances of Azure's. Zones are not
asked for: their numbers mean other buildings in each subscription, and the one that is asked need not be a cluster's.

Source: learn.microsoft.com, Spot Placement Score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct

from oracle.signals import Obtainability

API_VERSION = "2025-06-05"
#: What one question may name, by Azure.
MAX_REGIONS, MAX_MACHINES = 8, 5

#: Our numbers for Azure's words. Arbitrary but for their order.
_SCORES: Mapping[str, float] = {"High": 0.9, "Medium": 0.5, "Low": 0.1}


class PlacementAnswer(Struct, frozen=True, rename="camel"):
    """All scores of one question."""

    placement_scores: list[Raw]


class PlacementScore(Struct, frozen=True, rename="camel"):
    """What Azure says of one machine in one region."""

    region: str
    sku: str
    score: str
    is_quota_available: bool | None = None


def build_path(subscription: str, region: str) -> str:
    """Return the path of a question; any region may be asked about all."""
    return (
        f"/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}"
        "/placementScores/spot/generate"
    )


def build_questions(wanted: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], ...]:
    """Return questions for one machine each that name all wanted (region, machine), within Azure's bounds."""
    machines_by_region: dict[str, set[str]] = {}
    for region, machine in wanted:
        machines_by_region.setdefault(region, set()).add(machine)
    regions_by_machines: dict[tuple[str, ...], list[str]] = {}
    for region in sorted(machines_by_region):
        for machines in _cut(sorted(machines_by_region[region]), MAX_MACHINES):
            regions_by_machines.setdefault(machines, []).append(region)
    return tuple(
        _build_question(regions, machines)
        for machines, all_regions in regions_by_machines.items()
        for regions in _cut(all_regions, MAX_REGIONS)
    )


def _cut(names: Sequence[str], length: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(names[at : at + length]) for at in range(0, len(names), length))


def _build_question(regions: Sequence[str], machines: Sequence[str]) -> dict[str, Any]:
    return {
        "availabilityZones": False,
        "desiredCount": 1,
        "desiredLocations": list(regions),
        "desiredSizes": [{"sku": machine} for machine in machines],
    }


def read_scores(scores: Iterable[PlacementScore]) -> dict[tuple[str, str], Obtainability]:
    """Return (region, machine), both in lower case -> whether one is to be had, as far as Azure says it."""
    read = {(score.region.lower(), score.sku.lower()): _read_score(score) for score in scores}
    return {place: obtainability for place, obtainability in read.items() if obtainability is not None}


def _read_score(score: PlacementScore) -> Obtainability | None:
    if score.score == "RestrictedSkuNotAvailable":
        return Obtainability(0.0, "not sold to this subscription")
    if score.score not in _SCORES:
        return None
    if score.is_quota_available is False:
        return Obtainability(0.0, f"{score.score}, but no quota is left")
    return Obtainability(_SCORES[score.score], score.score)
