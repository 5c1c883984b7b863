"""The result of the 24-hour dry run: every number that it rests on, and the verdict. Pure.

Money is Decimal US dollars. A number that could not be known is None and makes the verdict `unknown`: unknown
never pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from controller.clusters.fleet import WorkloadKey
from controller.contract.daily import price_day
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import Quote


class Verdict(StrEnum):
    """What the dry run says. Only `pays` may be executed."""

    PAYS = "pays"
    TOO_DEAR = "too_dear"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DryRun:
    """A move of one workload to one context, with everything it would cost and save.

    `horizon_h` is the window of the projected savings (24 h). `savings_usd` is what the rate difference saves
    in that window, before the costs; `net_usd` is savings minus egress, overlap and warm-up; `payback_h` is
    None where it never pays back. `return_egress_usd` prices the way back: shown, and used in the ranking.
    `plan_digest` names this plan: a confirmation quotes it, and a changed plan is refused.
    """

    workload: WorkloadKey
    target: str
    replicas: int
    #: How many pods move in each wave, the canary first; a migration moves exactly these. Empty where nothing is known.
    wave_sizes: tuple[int, ...]
    horizon_h: float
    source_quote: Quote | None
    target_quote: Quote | None
    source_usd_per_hour: Decimal | None
    target_usd_per_hour: Decimal | None
    egress_gb: Decimal | None
    egress_usd_per_gb: Decimal | None
    egress_usd: Decimal | None
    return_egress_usd: Decimal | None
    overlap_h: Decimal
    overlap_usd: Decimal | None
    warm_up_usd: Decimal | None
    savings_usd: Decimal | None
    net_usd: Decimal | None
    payback_h: Decimal | None
    verdict: Verdict
    #: Why the verdict is this; for all but `pays`, what would have to change.
    reason: Reason
    computed_at: float
    #: Unix seconds after which this plan must be computed anew: the earlier deadline of both quotes.
    expires_at: float
    plan_digest: str
    #: What somebody has accepted for this workload, and everybody who moves it has to know. No journal holds it.
    warnings: tuple[Reason, ...] = ()

    def find_expiry(self, now: float) -> Reason | None:
        """Return why the plan must be computed anew at Unix time `now`; None: it still holds."""
        return Code.PLAN_EXPIRED.because() if now >= self.expires_at else None

    @property
    def savings_usd_per_day(self) -> Decimal | None:
        """The rate difference over a day, before one-off costs; what the button on the globe shows."""
        if self.source_usd_per_hour is None or self.target_usd_per_hour is None:
            return None
        return price_day(self.source_usd_per_hour - self.target_usd_per_hour)


@dataclass(frozen=True, slots=True)
class UnofferedMove:
    """A candidate that is not offered, with its reason. `target` is None where the workload itself cannot be moved."""

    workload: WorkloadKey
    target: str | None
    reason: Reason
