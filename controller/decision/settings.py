"""What counts as worth moving, and how much moving is allowed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
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


class PriceBasis(StrEnum):
    """Which price of a spot machine decides."""

    PLAIN = "plain"
    WITH_INTERRUPTIONS = "with_interruptions"


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
        "How many moves may run at once; one that has moved all replicas and is only watched counts no more. What is "
        "confirmed beyond that waits in a queue, which the program forgets when it ends. One: what goes wrong goes "
        "wrong once.",
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
    price_basis: PriceBasis = setting(
        PriceBasis.PLAIN,
        "Which price decides: the plain one, or the one with the interruptions that a spot machine is to expect, "
        "`p (1 + rate * (restart_h + lost_work_h))`. With the second, what nobody says how often it is taken away has "
        "no price.",
        example='"with_interruptions"',
    )
    restart_h: Decimal = setting(
        Decimal("0.1"),
        "Assumed time that a pod does not work after its machine was taken away: a new machine, image pull, start.",
        minimum=0,
        maximum=24,
    )
    lost_work_h: Decimal = setting(
        Decimal(0),
        "Assumed work that is done again after an interruption. None for what serves requests; half of the time "
        "between two checkpoints for what computes.",
        minimum=0,
        maximum=720,
    )
    wave_h: Decimal = setting(
        Decimal("0.1"),
        "Assumed time from raising one wave in the target until its source pods are gone; both sides are paid for.",
        minimum=0.001,
        maximum=24,
    )
    wave_share: Decimal = setting(
        Decimal("0.25"),
        "Share of the replicas that moves per wave after the first, which is one pod, at most, unless "
        "`wave_replicas` is more. A Deployment's own default surge.",
        minimum=0.01,
        maximum=1,
    )
    wave_replicas: int = setting(
        3,
        "Fewest replicas that move per wave after the first, also where that is more than their share: each wave costs "
        "a bake. Three: up to nine replicas move in at most three waves. With 1 the share alone decides.",
        unit="replicas",
        minimum=1,
        maximum=1_000_000,
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
        "State of workloads that declare none in `sentinelaura.io/state-gb` and have a volume that may keep some.",
        none="it is unknown, and unknown never pays",
        example="5",
        minimum=0,
        maximum=1_000_000,
    )
    minimum_replicas: int = setting(
        0,
        "How many replicas of each workload stay where they are, where its Deployment does not say so in "
        "`sentinelaura.io/minimum-replicas`.",
        unit="replicas",
        minimum=0,
        maximum=1_000_000,
    )
    headroom_share: float = setting(
        0.1, "Share of a target's free room that stays free.", minimum=0, maximum=0.9
    )
    purchase_s: float = setting(
        240.0,
        "How long a cluster that buys machines takes until pods run on a new one. It is said in the dry run, and each "
        "wave waits so much longer there. Four minutes: between Karpenter's one and the several of large images and of "
        "groups of machines.",
        minimum=0,
        maximum=3600,
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
    ask_again_s: float = setting(
        600.0,
        "How often both clusters are asked again, by themselves and changing nothing, about a move that its preflight "
        "refused. Until they answer otherwise that target is not offered for the workload as it is, and no target at "
        "all where the cause lies at the source; what is watched besides (an autoscaler) counts for as long as it is "
        "seen. They are asked where both are armed. Ten minutes: whoever has mended it sooner asks for the dry run by "
        "name, and so has them asked at once.",
        minimum=60,
        maximum=86_400,
    )
    #: What sending data costs; given by the composition. The table itself is not imported here: the first frame of the
    #: window waits for the settings.
    egress: EgressPrices = field(default=UnknownEgress())
    #: How much moving is allowed.
    budgets: BudgetSettings = section(BudgetSettings(), "budgets")

    @property
    def interruption_h(self) -> Decimal:
        """The hours of its price that an interruption costs a machine."""
        return self.restart_h + self.lost_work_h

    @property
    def lost_h(self) -> Decimal | None:
        """The same where interruptions count in the price that decides; None where the plain price does."""
        return self.interruption_h if self.price_basis is PriceBasis.WITH_INTERRUPTIONS else None
