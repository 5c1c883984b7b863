"""What counts as worth moving, and how much moving is allowed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from oracle.foundation.setting import section, setting

if TYPE_CHECKING:
    from controller.decision.egress import EgressRate

_DAY_S = 24 * 3600
_TARGET_WORDS = '["gcp", "aws/eu-west-1", "prod-eu"]'


class EgressPrices(Protocol):
    """What the decision asks a table of egress prices; `EgressTable` is the real one."""

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        """The rate of a route, or None where no rule knows it: an unknown price is not zero."""


class UnknownEgress:
    """No price is known, so nothing pays."""

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        """None, whatever the route."""
        return None


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """How much moving is allowed, whatever it would save."""

    cooldown_s: float = setting(
        float(_DAY_S),
        "How long a workload stays where it is after a move; after one that was rolled back, how long it is not moved "
        "to that target again. A day: prices turn slower than that.",
        minimum=60,
        maximum=30 * _DAY_S,
    )
    moves_per_day: int = setting(
        20,
        "How many moves may begin within 24 hours, over all workloads. With 0 none begins.",
        unit="moves",
        minimum=0,
        maximum=1000,
    )
    concurrent_moves: int = setting(
        1,
        "How many migrations may run at once. One: what goes wrong goes wrong once.",
        unit="moves",
        minimum=1,
        maximum=20,
    )
    egress_usd_per_day: Decimal | None = setting(
        None,
        "How much egress may be paid for within 24 hours.",
        none="no limit",
        minimum=0,
        maximum=1_000_000,
        example="50",
    )


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """The dry run's assumptions and gates."""

    horizon_h: Decimal = setting(
        Decimal(24),
        "Window of the projected savings. 24: a move must pay for itself within a day.",
        minimum=1,
        maximum=720,
    )
    minimum_net_usd: Decimal = setting(
        Decimal("0.10"),
        "Least net gain within the window. Arbitrary; protects from moves that are not worth a look.",
        minimum=0,
        maximum=1_000_000,
    )
    minimum_savings_share: Decimal = setting(
        Decimal("0.05"),
        "Least share of the current rate that must be saved. 5 %: price noise of days stays below it.",
        minimum=0,
        maximum=0.95,
    )
    wave_h: Decimal = setting(
        Decimal("0.1"),
        "Assumed time from raising one wave in the target until its source pods are gone; both sides are paid for.",
        minimum=0.001,
        maximum=24,
    )
    wave_share: Decimal = setting(
        Decimal("0.25"),
        "Share of the replicas that moves per wave after the first, which is one pod. A Deployment's own default "
        "surge.",
        minimum=0.01,
        maximum=1,
    )
    warm_up_h: Decimal = setting(
        Decimal("0.05"),
        "Assumed time that a fresh pod costs without working yet (image pull, caches).",
        minimum=0,
        maximum=24,
    )
    return_probability: Decimal = setting(
        Decimal("0.5"),
        "Chance of moving back, by which the route back counts in the ranking. One half: nothing is known.",
        unit="share of 1",
        minimum=0,
        maximum=1,
    )
    assumed_state_gb: Decimal | None = setting(
        None,
        "State of workloads that declare none in `sentinelaura.io/state-gb`.",
        none="it is unknown, and unknown never pays",
        example="5",
        minimum=0,
        maximum=1_000_000,
    )
    used_egress_gb: Decimal = setting(
        Decimal(0),
        "Egress to the internet that this month has already seen; picks the tier of the price.",
        minimum=0,
        maximum=1_000_000_000,
    )
    headroom_share: float = setting(
        0.1, "Share of a target's free room that stays free.", minimum=0, maximum=0.9
    )
    allowed_targets: frozenset[str] | None = setting(
        None,
        "Targets that may be used: contexts, providers or `provider/region`.",
        none="all",
        example=_TARGET_WORDS,
    )
    denied_targets: frozenset[str] = setting(
        frozenset(),
        "Targets that may not be used, in the same words; stronger than `allowed_targets`. Both are asked again before "
        "each wave of a move.",
        example=_TARGET_WORDS,
    )
    maximum_node_usd_per_hour: Decimal | None = setting(
        None,
        "Dearest node that may be bought in a target; asked again before each wave of a move.",
        none="no limit",
        minimum=0,
        maximum=10_000,
        example="2.5",
    )
    preflight_memory_s: float = setting(
        3600.0,
        "How long a target is not offered again after its preflight refused the workload as it is, and no target at "
        "all where the cause lies at the source. What is watched besides (an autoscaler) counts for as long as it is "
        "seen. An hour: whoever has mended it sooner asks for the dry run by name.",
        minimum=0,
        maximum=86_400,
    )
    #: What sending data costs; given by the composition. The table itself is not imported here: the first frame of the
    #: window waits for the settings.
    egress: EgressPrices = field(default=UnknownEgress())
    #: How much moving is allowed.
    budgets: BudgetSettings = section(BudgetSettings(), "budgets")
