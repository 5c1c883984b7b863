"""What a person agrees to when they confirm a dry run, and the digest that names it. Pure.

The digest is a SHA-256 over the canonical terms. Prices enter it in steps of 2 %, on a logarithmic scale, so
that a tick does not invalidate a plan that somebody is reading. Because a tick can cross the border between
two steps, a confirmation is accepted for the current step and its two neighbours: a change below 2 % is
always accepted, one above 4.2 % never. Everything else (workload, template, target, replicas, waves, what its
Deployment accepts, data, egress price) must be equal. Of a way back no price enters: none is needed for it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import NOTHING_STAYS, Staying

#: Width of a price step as a ratio; see above. A day's move of a spot price is 0.5 to 1 %, a dear step of it
#: 2 %. Of the two changes by 2 % the fall is the larger one on this scale.
PRICE_STEP_RATIO = 1 / 0.98


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The terms of one move. UIDs and the template hash tie them to these very objects, not to their names."""

    workload: WorkloadKey
    workload_uid: str
    template_hash: str
    source_cluster_uid: str | None
    target: str
    target_cluster_uid: str | None
    replicas: int
    wave_sizes: tuple[int, ...]
    accepted: tuple[str, ...]
    egress_gb: Decimal | None
    egress_usd: Decimal | None
    source_usd_per_hour: Decimal | None
    target_usd_per_hour: Decimal | None
    way_back_of: str | None = None
    staying: Staying = NOTHING_STAYS
    #: Of the Deployment that the target has and that keeps its own pod template; None: the source's comes along.
    target_template: str | None = None
    target_uid: str | None = None


def compute_digest(terms: PlanTerms) -> str:
    """The name of this plan, 64 hexadecimal digits."""
    return _digest(terms, _price_step(terms.source_usd_per_hour), _price_step(terms.target_usd_per_hour))


def accepts_digest(terms: PlanTerms, confirmed: str) -> bool:
    """Whether a confirmation of `confirmed` still covers what would run now."""
    return any(
        _digest(terms, source, target) == confirmed
        for source in _neighbours(_price_step(terms.source_usd_per_hour))
        for target in _neighbours(_price_step(terms.target_usd_per_hour))
    )


def _digest(terms: PlanTerms, source_step: int | None, target_step: int | None) -> str:
    canonical = {
        "workload": str(terms.workload),
        "workload_uid": terms.workload_uid,
        "template": terms.template_hash,
        "clusters": [terms.source_cluster_uid, terms.target_cluster_uid],
        "target": terms.target,
        "replicas": terms.replicas,
        "waves": terms.wave_sizes,
        "accepted": terms.accepted,
        "egress": [_canonical(terms.egress_gb), _canonical(terms.egress_usd)],
        "price_steps": [source_step, target_step] if terms.way_back_of is None else [],
        "way_back_of": terms.way_back_of,
        "stays": [terms.staying.source, terms.staying.target, terms.target_template, terms.target_uid],
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()


def _canonical(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount.normalize(), "f")


def _price_step(usd_per_hour: Decimal | None) -> int | None:
    if usd_per_hour is None or usd_per_hour <= 0:
        return None
    return round(math.log(float(usd_per_hour)) / math.log(PRICE_STEP_RATIO))


def _neighbours(step: int | None) -> Iterator[int | None]:
    yield from (None,) if step is None else (step, step - 1, step + 1)
