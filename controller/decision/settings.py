"""What counts as worth moving, and how much moving is allowed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from controller.decision.egress import EgressTable


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """How much moving is allowed, whatever it would save."""

    #: Seconds after a move in which the same workload stays where it is. A day: prices turn slower than that.
    cooldown_s: float = 24 * 3600.0
    #: Moves that may begin within 24 hours, over all workloads.
    moves_per_day: int = 20
    #: Migrations that may run at once.
    concurrent_moves: int = 1
    #: USD of egress that may be spent within 24 hours. None: no limit.
    egress_usd_per_day: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """The dry run's assumptions and gates."""

    #: Window of the projected savings, hours. 24: a move must pay for itself within a day.
    horizon_h: Decimal = Decimal(24)
    #: Least net gain within the window, USD. Arbitrary; protects from moves that are not worth a look.
    minimum_net_usd: Decimal = Decimal("0.10")
    #: Least share of the current rate that must be saved. 5 %: price noise of days stays below it.
    minimum_savings_share: Decimal = Decimal("0.05")
    #: Hours from raising one wave in the target until its source pods are gone.
    wave_h: Decimal = Decimal("0.1")
    #: Share of the replicas that moves per wave after the first, which is one pod. A Deployment's own default
    #: surge.
    wave_share: Decimal = Decimal("0.25")
    #: Hours that a fresh pod costs without working yet (image pull, caches).
    warm_up_h: Decimal = Decimal("0.05")
    #: Chance of moving back, by which the way back counts in the ranking. One half: nothing is known.
    return_probability: Decimal = Decimal("0.5")
    #: State of workloads that declare none, GB. None: unknown, and unknown never pays.
    assumed_state_gb: Decimal | None = None
    #: Egress to the internet that this month has already seen, GB; picks the tier.
    used_egress_gb: Decimal = Decimal(0)
    #: Share of a target's free room that stays free.
    headroom_share: float = 0.1
    #: Targets that may be used: contexts, providers or `provider/region`. None: all.
    allowed_targets: frozenset[str] | None = None
    #: Targets that may not be used, in the same words; stronger than `allowed_targets`.
    denied_targets: frozenset[str] = frozenset()
    #: Dearest node that may be bought in a target, USD per hour. None: no limit.
    maximum_node_usd_per_hour: Decimal | None = None
    #: Seconds for which a target is not offered again after its preflight refused the workload as it is. An hour:
    #: whoever has mended it sooner asks for the dry run by name.
    preflight_memory_s: float = 3600.0
    #: What sending data costs. Empty: no price is known, so nothing pays; see `egress_file.load_egress_table`.
    egress: EgressTable = field(default_factory=lambda: EgressTable({}))
    #: How much moving is allowed.
    budgets: BudgetSettings = BudgetSettings()
