"""The result of the 24-hour dry run: every number that it rests on, and the verdict. Pure.

Money is Decimal US dollars. A number that could not be known is None and makes the verdict `unknown`: unknown
never pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import Hosts, Resources, WorkloadKey
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.contract.daily import price_day
from controller.contract.egress import EgressCharge
from controller.contract.inventory import Inventory
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import Quote


class Verdict(StrEnum):
    """What the dry run says; `DryRun.may_start` names those that may be executed."""

    PAYS = "pays"
    #: A person may bring the workload back, whatever that costs.
    WAY_BACK = "way_back"
    TOO_DEAR = "too_dear"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Staying:
    """How many replicas a move leaves where they are: those that the source keeps, and those that ran in the target
    before it began. Both sides count from there: floor, ceiling, waves, and the way back.
    """

    source: int = 0
    target: int = 0


#: All replicas move, to where none run.
NOTHING_STAYS = Staying()


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
    #: The finished move that a person takes back by this one. Such a move is never refused for money, for a rest or for
    #: want of a price. None: it is a move like any other.
    way_back_of: str | None = None
    #: What makes up `egress_usd`: the way, the tiers that are met, what comes on top. Empty where nothing is known; no
    #: journal holds it.
    egress_charges: tuple[EgressCharge, ...] = ()
    #: What a person accepts for this one move, beside what its Deployment says. No journal holds it: nothing asks for
    #: it once the preflight has passed.
    accepts: frozenset[Acceptance] = frozenset()
    #: Who says `egress_gb`; None where nobody does. No journal holds it.
    state_known_by: KnownBy | None = None
    #: What does not move, beside `replicas`.
    staying: Staying = NOTHING_STAYS
    #: The pod template of the Deployment that runs in the target already and keeps it, by its hash; None: the source's
    #: is brought along.
    target_template: str | None = None
    #: What travels, stays and breaks; None: nobody has looked yet. No journal holds it.
    inventory: Inventory | None = None
    #: What its pods run on, by which the source is priced; None where that is not seen, so that it is priced as most
    #: nodes on which one fits. No journal holds it.
    runs_on: Hosts | None = None
    #: What one pod takes, and who says so; None where nobody does. No journal holds it.
    pod: Resources | None = None
    pod_known_by: SizeKnownBy | None = None

    @property
    def may_start(self) -> bool:
        """Whether it may be executed once a person, or a rule of theirs, has confirmed it."""
        return self.verdict in (Verdict.PAYS, Verdict.WAY_BACK)

    @property
    def one_off_usd(self) -> Decimal | None:
        """What moving costs once: egress, running double and warm-up. None where one of them is not known."""
        parts = (self.egress_usd, self.overlap_usd, self.warm_up_usd)
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if len(known) == len(parts) else None

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
