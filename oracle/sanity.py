"""Which observed prices are believed. Pure.

Real feeds have said 0.007 for a machine of 0.21 USD, negative costs and on-demand prices as spot
(opencost#882 and #3725, kubecost#2922, karpenter#2938); a wrong price moves a fleet. A refused price is a
value with a reason, never an exception: the offering then simply has no new quote, and its last one runs out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from oracle.bounds import MAX_USD_PER_HOUR, MIN_USD_PER_HOUR
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.possible_price import find_absolute_reason
from oracle.reasons import OracleCode
from oracle.sources.base import Observation

#: Spot is capped at the on-demand price; a fifth more allows for lists that are not of the same day.
MAX_SHARE_OF_ON_DEMAND = Decimal("1.2")
#: The largest discount in recorded prices is 91 % (Google Cloud, July 2026, four machine types); 95 % is a wrong unit
#: or a wrong machine.
MIN_SHARE_OF_ON_DEMAND = Decimal("0.05")
#: No recorded step comes near: of AWS's 99 % are below 1.7 %, and the rare changes of regime are 1.9 times. Beyond it a
#: second sample must agree.
MAX_STEP_FACTOR = Decimal(3)
#: How far apart a jump and its confirmation may lie. Arbitrary; two random faults hardly ever come so close.
CONFIRMATION_FACTOR = Decimal("1.25")

#: A tenth within the bounds above.
_SURE_FLOOR, _SURE_CEILING = 1.1 * float(MIN_USD_PER_HOUR), 0.9 * float(MAX_USD_PER_HOUR)
_SURE_STEP, _SURE_DISCOUNT = 0.9 * float(MAX_STEP_FACTOR), 1.1 * float(MIN_SHARE_OF_ON_DEMAND)


@dataclass(frozen=True, slots=True)
class RefusedPrice:
    """An observation that did not become a quote."""

    observation: Observation
    code: OracleCode

    @property
    def reason(self) -> Reason:
        """Why, with the offering and the price."""
        offering, price = self.observation.offering, self.observation.usd_per_hour
        return self.code.because(offering=str(offering), usd_per_hour=str(price))


@dataclass(frozen=True, slots=True)
class PriceMemory:
    """What the judgement of the next sample of one offering rests on."""

    last_believed: Decimal | None = None
    unconfirmed: Observation | None = None


def judge_price(
    observation: Observation, on_demand: Decimal | None, memory: PriceMemory
) -> tuple[OracleCode | None, PriceMemory]:
    """Decide about one sample.

    Args:
        on_demand: USD per hour of the same machine on demand; None where unknown: its two bounds do not apply.
        memory: what came before for this offering.
    Returns: the reason for refusing it, None if it is believed; and the memory for the next sample.
    """
    price = observation.usd_per_hour
    reason = find_absolute_reason(price) or _find_relative_reason(observation, on_demand)
    if reason is not None:
        return reason, PriceMemory(memory.last_believed)
    if _is_jump(price, memory.last_believed) and not _is_confirmed(observation, memory.unconfirmed):
        return OracleCode.PRICE_JUMPED, PriceMemory(memory.last_believed, unconfirmed=observation)
    return None, PriceMemory(last_believed=price)


def is_surely_believed(price: float, before: float, on_demand: float | None) -> bool:
    """Whether `judge_price` believes a price of not too many decimals after one that it has believed.

    A screen for thousands of prices: in floating point, and so far within all bounds that no digit decides.
    """
    if not (
        _SURE_FLOOR < price < _SURE_CEILING and before < price * _SURE_STEP and price < before * _SURE_STEP
    ):
        return False
    return on_demand is None or _SURE_DISCOUNT * on_demand < price < on_demand


def _find_relative_reason(observation: Observation, on_demand: Decimal | None) -> OracleCode | None:
    if on_demand is None or observation.offering.capacity_type is CapacityType.ON_DEMAND:
        return None
    if observation.usd_per_hour > MAX_SHARE_OF_ON_DEMAND * on_demand:
        return OracleCode.PRICE_ABOVE_ON_DEMAND
    return (
        OracleCode.PRICE_BELOW_FLOOR
        if observation.usd_per_hour < MIN_SHARE_OF_ON_DEMAND * on_demand
        else None
    )


def _is_jump(price: Decimal, before: Decimal | None) -> bool:
    return before is not None and not _are_within(price, before, MAX_STEP_FACTOR)


def _is_confirmed(observation: Observation, before: Observation | None) -> bool:
    """Whether the source has said it again since: the same row of a file, read twice, confirms nothing."""
    if before is None or observation.confirmed_at <= before.confirmed_at:
        return False
    return _are_within(observation.usd_per_hour, before.usd_per_hour, CONFIRMATION_FACTOR)


def _are_within(price: Decimal, other: Decimal, factor: Decimal) -> bool:
    return max(price, other) <= factor * min(price, other)


class SanityGate:
    """Judges sample after sample, remembering each offering. Owned by the feed's task."""

    def __init__(self) -> None:
        self._memories: dict[Offering, PriceMemory] = {}

    def remember(self, offering: Offering, usd_per_hour: Decimal) -> None:
        """Take over a price that any instance has judged: a failover is no way around the gate."""
        before = self._memories.get(offering, PriceMemory())
        if before.last_believed != usd_per_hour:
            self._memories[offering] = replace(before, last_believed=usd_per_hour)

    def judge(
        self, observations: tuple[Observation, ...], find_on_demand: Callable[[Offering], Decimal | None]
    ) -> tuple[tuple[Observation, ...], tuple[RefusedPrice, ...]]:
        """Return the believed observations and the refusals, both in the order given."""
        believed: list[Observation] = []
        refusals: list[RefusedPrice] = []
        for observation in observations:
            offering = observation.offering
            memory = self._memories.get(offering, PriceMemory())
            reason, self._memories[offering] = judge_price(observation, find_on_demand(offering), memory)
            if reason is None:
                believed.append(observation)
            else:
                refusals.append(RefusedPrice(observation, reason))
        return tuple(believed), tuple(refusals)
