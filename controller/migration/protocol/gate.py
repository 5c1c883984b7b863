"""What has to be true when a wave's request leaves: still allowed, still priced, still worth it. Pure.

The prices are asked for at send time, not when the plan was made. The preflight asks, then each SURGE, and a HOLD that
came from a SURGE. Nothing else does: a wave that has been paid for is finished, because running double is dearer, and a
rollback never needs a price.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.decision.pricing import compute_remaining_usd, count_hours_left, share_costs
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from controller.scheduling.nodes import NodeTerms
from oracle.foundation.reason import Reason

#: Why a wave waits where a quote is missing, expired, or expires while the request travels.
NO_FRESH_PRICE = Code.NO_FRESH_PRICE.because()


@dataclass(frozen=True, slots=True)
class MoveRates:
    """What one replica costs on each side at this moment, US dollars per hour, and until when that is
    valid.
    """

    source_usd_per_hour: Decimal
    target_usd_per_hour: Decimal
    #: Unix seconds: the earlier deadline of both quotes.
    deadline: float


@dataclass(frozen=True, slots=True)
class Unpriced:
    """There are no rates that anything may rest on now, and why."""

    reason: Reason = NO_FRESH_PRICE


@dataclass(frozen=True, slots=True)
class Supply:
    """Machines that a cluster would buy, as a scheduler would see them, and how long it takes until one is there."""

    machines: tuple[NodeTerms, ...] = ()
    wait_s: float = 0.0


NO_SUPPLY = Supply()


class Gate(Protocol):
    """The engine's answers at send time. All methods answer at once, from memory."""

    def find_reason(self, dry_run: DryRun) -> Reason | None:
        """Return which rule is against going on now with what was confirmed (not armed, no price); None: none is."""
        ...

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        """Return today's rates of one replica; Unpriced where either quote is missing, past its deadline by our
        clock, or of a source on which these clusters may not be moved.
        """
        ...

    def find_supply(self, target: str) -> Supply:
        """Return what a target would buy for pods that find no room; nothing where it is not known to buy any."""
        ...


class ClosedGate:
    """Of a process that has no prices: it ends moves and begins no wave. What ran double meanwhile costs nobody knows
    how much.
    """

    def find_reason(self, dry_run: DryRun) -> Reason | None:
        """See Gate."""
        return NO_FRESH_PRICE

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        """See Gate."""
        return Unpriced()

    def find_supply(self, target: str) -> Supply:
        """See Gate."""
        return NO_SUPPLY


def compute_remaining_value(
    dry_run: DryRun, rates: MoveRates, *, replicas_left: int, elapsed_s: float
) -> Decimal | None:
    """Return what moving the replicas that are left is still worth, US dollars; None where the costs are
    unknown.

    The rest of the dry run's horizon at today's rates, minus the costs that are still ahead: the egress and
    the overlap of the replicas left. What has been spent is spent on either way.
    """
    if dry_run.egress_usd is None or dry_run.overlap_usd is None:
        return None
    return compute_remaining_usd(
        rates.source_usd_per_hour,
        rates.target_usd_per_hour,
        replicas_left,
        count_hours_left(dry_run.horizon_h, elapsed_s),
        share_costs(dry_run.egress_usd + dry_run.overlap_usd, replicas_left, dry_run.replicas),
    )


def check_gate(
    gate: Gate,
    dry_run: DryRun,
    settings: MigrationSettings,
    *,
    replicas_left: int,
    elapsed_s: float,
    now: float,
) -> Reason | None:
    """Return why no wave may start now, or None where one may. `now` is Unix seconds.

    A way back has its permissions and its safety to wait for: it needs no price, and whatever it is worth is worth it.
    """
    reason = gate.find_reason(dry_run)
    if reason is not None or dry_run.way_back_of is not None:
        return reason
    rates = gate.find_rates(dry_run.workload, dry_run.target)
    if isinstance(rates, Unpriced):
        return rates.reason
    if rates.deadline - now < settings.price_margin_s:
        return NO_FRESH_PRICE
    value = compute_remaining_value(dry_run, rates, replicas_left=replicas_left, elapsed_s=elapsed_s)
    if value is None or value <= settings.min_remaining_usd:
        return Code.NOTHING_LEFT_TO_SAVE.because(replicas=replicas_left, worth_usd=value)
    return None
